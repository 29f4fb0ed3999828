// How busy the machine is: CPU since the last sample and memory in use, in percent, from /proc.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace aiim {

struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};
/// The "cpu" line of /proc/stat.
CpuTimes parse_cpu_times(std::string_view proc_stat);
/// 100 × (1 − MemAvailable ÷ MemTotal) of /proc/meminfo.
double parse_memory_percent(std::string_view proc_meminfo);

/// Sampled and read by any thread.
class SystemUsage {
 public:
  /// Does nothing while another thread is at it.
  void sample();
  double cpu_percent() const { return cpu_percent_.load(std::memory_order_relaxed); }
  double memory_percent() const { return memory_percent_.load(std::memory_order_relaxed); }

 private:
  std::mutex sampling_;
  CpuTimes last_;  // under the mutex
  std::atomic<double> cpu_percent_{0};
  std::atomic<double> memory_percent_{0};
};

}  // namespace aiim
