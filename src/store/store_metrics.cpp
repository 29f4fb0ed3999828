#include "store/store_metrics.h"

namespace aiim {
namespace {

Histogram duration(Metrics& metrics, std::string_view operation) {
  return metrics.histogram(
      "aiim_db_query_duration_seconds", "Time of one call of the database.",
      {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5},
      {{"operation", operation}});
}

}  // namespace

StoreMetrics::StoreMetrics(Metrics& metrics)
    : append(duration(metrics, "append")),
      cursor(duration(metrics, "cursor")),
      stream_append(duration(metrics, "stream_append")),
      write(duration(metrics, "write")),
      read(duration(metrics, "read")),
      commit(duration(metrics, "commit")),
      batch_size(metrics.histogram("aiim_store_batch_size", "Jobs committed by one transaction.",
                                   {1, 2, 4, 8, 16, 32, 64, 128, 256, 512})),
      queue_depth(metrics.gauge("aiim_store_queue_depth", "Write jobs that wait for the writer.")),
      read_queue_depth(metrics.gauge("aiim_store_read_queue_depth", "Read jobs that wait for a reader.")),
      commits(metrics.counter("aiim_store_commits_total", "Transactions committed by the writer.")),
      failures(metrics.counter("aiim_store_failures_total", "Transactions that failed or whose outcome is unknown.")),
      messages(metrics.counter("aiim_messages_total", "Messages appended.")) {}

}  // namespace aiim
