// Only in the fault tests' binary: dies by SIGKILL, as after a power cut of the process, at a chosen point.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/fail_point.h"

namespace aiim {
namespace {

struct Armed {
  std::string name;
  long arrivals = 1;
  Armed() {
    const char* setting = std::getenv("AIIM_FAIL_POINT");
    if (!setting) return;
    name = setting;
    if (auto colon = name.find(':'); colon != std::string::npos) {
      arrivals = std::strtol(name.c_str() + colon + 1, nullptr, 10);
      name.resize(colon);
    }
  }
};

}  // namespace

void fail_point(const char* name) {
  static const Armed armed;
  static std::atomic<long> seen{0};
  if (armed.name != name) return;
  if (++seen == armed.arrivals) kill(getpid(), SIGKILL);
}

}  // namespace aiim
