// limit: all of them (PostgreSQL only with --postgres), so that the figures of the same call can be read as ratios.
#include "limits.h"

namespace aiim::bench {

std::vector<Case> limit_cases(const Options& options) {
  std::vector<Case> cases = {limit_echo(200, 1), limit_echo(200, 8), limit_fan_out(1000, 1), limit_fan_out(1000, 16),
                             limit_disk()};
  for (int64_t batch : options.batch.empty() ? std::vector<int64_t>{1, 10, 100, 1000} : options.batch) {
    cases.push_back(limit_sqlite(batch));
    if (options.postgres) cases.push_back(limit_postgres(batch));
  }
  return cases;
}

}  // namespace aiim::bench
