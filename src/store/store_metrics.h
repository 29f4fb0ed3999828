// The store's own metrics: made once, used by all of its threads.
#pragma once
#include <chrono>

#include "base/metrics.h"

namespace aiim {

struct StoreMetrics {
  explicit StoreMetrics(Metrics& metrics);

  // aiim_db_query_duration_seconds by operation: one call of the database, however many jobs it serves.
  Histogram append, cursor, stream_append, write, read, commit;
  Histogram batch_size;
  Gauge queue_depth, read_queue_depth;
  Counter commits, failures, messages;
};

/// Observes the time from its making to its end.
class Timed {
 public:
  explicit Timed(const Histogram& into) : into_(into), from_(std::chrono::steady_clock::now()) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { into_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - from_).count()); }

 private:
  const Histogram& into_;
  std::chrono::steady_clock::time_point from_;
};

}  // namespace aiim
