#include "net/system_usage.h"

#include <charconv>
#include <fstream>
#include <sstream>
#include <string>

namespace aiim {
namespace {

std::string content_of(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::uint64_t number_after(std::string_view text, std::string_view name) {
  auto at = text.find(name);
  if (at == text.npos) return 0;
  text.remove_prefix(at + name.size());
  text.remove_prefix(std::min(text.find_first_of("0123456789"), text.size()));
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

CpuTimes parse_cpu_times(std::string_view proc_stat) {
  std::istringstream line{std::string(proc_stat.substr(0, proc_stat.find('\n')))};
  std::string name;
  line >> name;
  CpuTimes times;
  std::uint64_t each = 0;
  // user nice system idle iowait irq softirq steal; guest time is part of user already.
  for (int column = 0; column < 8 && line >> each; ++column) {
    times.total += each;
    if (column != 3 && column != 4) times.busy += each;
  }
  return times;
}

double parse_memory_percent(std::string_view proc_meminfo) {
  auto total = static_cast<double>(number_after(proc_meminfo, "MemTotal:"));
  auto available = static_cast<double>(number_after(proc_meminfo, "MemAvailable:"));
  return total > 0 ? 100.0 * (1.0 - available / total) : 0;
}

void SystemUsage::sample() {
  std::unique_lock lock(sampling_, std::try_to_lock);
  if (!lock) return;
  CpuTimes now = parse_cpu_times(content_of("/proc/stat"));
  if (now.total > last_.total && now.busy >= last_.busy) {
    auto busy = static_cast<double>(now.busy - last_.busy);
    cpu_percent_.store(100.0 * busy / static_cast<double>(now.total - last_.total), std::memory_order_relaxed);
  }
  last_ = now;
  memory_percent_.store(parse_memory_percent(content_of("/proc/meminfo")), std::memory_order_relaxed);
}

}  // namespace aiim
