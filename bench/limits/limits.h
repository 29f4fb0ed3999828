// What the machine allows: each is a case of the workload `limit`.
#pragma once
#include "workload.h"

namespace aiim::bench {

Case limit_echo(size_t sessions, size_t depth);
Case limit_fan_out(size_t members, size_t window);
Case limit_disk();
Case limit_sqlite(int64_t batch);
Case limit_postgres(int64_t batch);

}  // namespace aiim::bench
