// CPU from stat in clock ticks (10 ms): threads that ended are counted, and a run lasts seconds.
#include "process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "failure.h"

namespace aiim::bench {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

int64_t number_after(const std::string& text, const char* key) {
  size_t at = text.find(key);
  return at == text.npos ? 0 : strtoll(text.c_str() + at + strlen(key), nullptr, 10);
}

double ticks_cpu_s(pid_t pid) {
  std::string stat = slurp(fmt::format("/proc/{}/stat", pid));
  size_t at = stat.rfind(')');
  if (at == stat.npos) return 0;
  std::stringstream fields(stat.substr(at + 2));
  std::string field;
  double ticks = 0;
  for (int i = 3; i <= 15 && fields >> field; i++)
    if (i >= 14) ticks += strtod(field.c_str(), nullptr);
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessUsage usage_of(pid_t pid, bool with_children) {
  if (pid <= 0) return {};
  ProcessUsage usage;
  usage.cpu_s = ticks_cpu_s(pid);
  usage.rss_kib = number_after(slurp(fmt::format("/proc/{}/status", pid)), "VmRSS:");
  if (!with_children) return usage;
  std::stringstream children(slurp(fmt::format("/proc/{0}/task/{0}/children", pid)));
  for (pid_t child; children >> child;) {
    ProcessUsage one = usage_of(child, true);
    usage.cpu_s += one.cpu_s;
    usage.rss_kib += one.rss_kib;
  }
  return usage;
}

double own_cpu_s() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int64_t kernel_socket_kib() {
  std::string sockets = slurp("/proc/net/sockstat");
  size_t tcp = sockets.find("TCP:");
  int64_t pages = tcp == sockets.npos ? 0 : number_after(sockets.substr(tcp), " mem ");
  return number_after(slurp("/proc/meminfo"), "\nSlab:") + pages * 4;
}

int64_t dropped_packets() {
  std::stringstream lines(slurp("/proc/net/softnet_stat"));
  int64_t sum = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.size() > 17) sum += strtoll(line.substr(9, 8).c_str(), nullptr, 16);
  return sum;
}

}  // namespace aiim::bench
