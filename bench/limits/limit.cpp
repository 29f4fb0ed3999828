// limit: all of them, so that the figures of the same call can be read as ratios.
#include "limits.h"

namespace aiim::bench {

std::vector<Case> limit_cases(const Options&) {
  return {limit_echo(200, 1), limit_echo(200, 8), limit_fan_out(1000, 1), limit_fan_out(1000, 16)};
}

}  // namespace aiim::bench
