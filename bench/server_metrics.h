// What the server counts about its commits, read from /metrics: how well group commit groups.
#pragma once
#include "bench.h"

namespace aiim::bench {

struct CommitCounts {
  double commits = -1;  // -1: the server does not say
  double jobs = -1;
  int64_t at_ns = 0;
};

CommitCounts read_commit_counts(Bench& bench);

}  // namespace aiim::bench
