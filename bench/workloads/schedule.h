// When the messages of an open loop are due: evenly spaced, whatever the server does. Latencies count from here, so a
// stall is charged to every message that it delays.
#pragma once
#include <cstdint>

#include "clock.h"

namespace aiim::bench {

class Schedule {
 public:
  Schedule(double per_second, int64_t start_ns) : interval_ns_(1e9 / per_second), start_ns_(start_ns) {}

  int64_t next_due() const { return start_ns_ + static_cast<int64_t>(static_cast<double>(taken_) * interval_ns_); }
  int64_t take() {
    int64_t due = next_due();
    taken_++;
    return due;
  }

 private:
  double interval_ns_;
  int64_t start_ns_;
  uint64_t taken_ = 0;
};

// More messages under way than this: the server does not keep up, and latencies mean nothing.
constexpr size_t open_loop_in_flight_max = 200'000;

}  // namespace aiim::bench
