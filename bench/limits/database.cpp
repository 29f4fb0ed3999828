// Rows per second, and how long a commit takes.
#include "limits/database.h"

#include "histogram.h"

namespace aiim::bench {

void time_commits(Bench& bench, Result& result, int64_t batch, const std::function<void()>& commit) {
  const Options& options = bench.options();
  double seconds = std::min(options.seconds, 2.0);
  for (int run = 0; run < options.runs; run++) {
    bench.progress(fmt::format("{}  run {}/{}", result.label(), run + 1, options.runs));
    for (int64_t warm = now_ns() + second_ns / 5; now_ns() < warm;) commit();
    Histogram latency;
    double cpu = own_cpu_s();
    int64_t start = now_ns(), end = start + static_cast<int64_t>(seconds * 1e9), at = start;
    while (at < end) {
      commit();
      int64_t after = now_ns();
      latency.record(after - at);
      at = after;
    }
    double took = static_cast<double>(at - start) / 1e9;
    cpu = own_cpu_s() - cpu;
    double rows = static_cast<double>(latency.count()) * static_cast<double>(batch);
    result.add("rows", "/s", Better::higher, rows / took);
    result.add("commits", "/s", Better::none, static_cast<double>(latency.count()) / took);
    for (double p : {50.0, 99.0})
      result.add(fmt::format("commit p{:g}", p), "ms", Better::lower, static_cast<double>(latency.percentile(p)) / 1e6);
    result.add("writer CPU", "s/s", Better::none, cpu / took);
    result.add("rows per CPU-second", "", Better::none, rows / std::max(cpu, 0.001));
  }
}

}  // namespace aiim::bench
