// Timing shared by the bare databases: batches one after the other, as one writer that commits groups would.
#pragma once
#include <functional>

#include "bench.h"

namespace aiim::bench {

// Runs `commit` (one batch of `batch` rows, durable when it returns) for the bench's runs, each at most 2 s long.
void time_commits(Bench& bench, Result& result, int64_t batch, const std::function<void()>& commit);

}  // namespace aiim::bench
