// The generator's one clock: monotonic nanoseconds.
#pragma once
#include <time.h>

#include <cstdint>

namespace aiim::bench {

inline int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

constexpr int64_t second_ns = 1'000'000'000;

}  // namespace aiim::bench
