#include "net/system_usage.h"

#include <gtest/gtest.h>

#include <thread>

namespace aiim {
namespace {

TEST(SystemUsage, busy_is_everything_but_idle_and_waiting) {
  auto times = parse_cpu_times("cpu  10 1 5 100 20 2 3 4 7 0\ncpu0 1 2 3 4\n");
  EXPECT_EQ(times.total, 145u);
  EXPECT_EQ(times.busy, 25u);
}

TEST(SystemUsage, memory_in_use_is_what_is_not_available) {
  EXPECT_DOUBLE_EQ(parse_memory_percent("MemTotal:  1000 kB\nMemFree: 10 kB\nMemAvailable:    250 kB\n"), 75.0);
  EXPECT_EQ(parse_memory_percent(""), 0);
}

TEST(SystemUsage, this_machine_can_be_sampled) {
  SystemUsage usage;
  usage.sample();
  usage.sample();
  EXPECT_GT(usage.memory_percent(), 0);
  EXPECT_GE(usage.cpu_percent(), 0);
  EXPECT_LE(usage.cpu_percent(), 100);
}

TEST(SystemUsage, threads_may_sample_at_once) {  // what it finds, the thread sanitizer says
  SystemUsage usage;
  auto some = [&usage] {
    for (int i = 0; i < 50; ++i) usage.sample();
  };
  std::thread other(some);
  some();
  other.join();
  EXPECT_GT(usage.memory_percent(), 0);
  EXPECT_LE(usage.cpu_percent(), 100);
}

}  // namespace
}  // namespace aiim
