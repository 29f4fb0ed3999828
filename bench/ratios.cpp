// Each figure beside what the machine allowed in the same call.
#include "failure.h"
#include "report.h"

namespace aiim::bench {
namespace {

struct Pair {
  const char *workload, *figure, *limit, *limit_figure;
  std::map<std::string, std::string> (*limit_params)(const Result&);
  Better better = Better::higher;
};

std::map<std::string, std::string> same(const Result& result) { return result.params; }
std::map<std::string, std::string> batch_1(const Result&) { return {{"batch", "1"}}; }
std::map<std::string, std::string> batch_100(const Result&) { return {{"batch", "100"}}; }

constexpr const char* per_cpu = "per server CPU-second";

const Pair pairs[] = {
    {"echo", "echoes", "limit-echo", "echoes", same},
    {"echo", per_cpu, "limit-echo", per_cpu, same},
    {"room-closed", "deliveries", "limit-fan-out", "deliveries", same},
    {"room-closed", per_cpu, "limit-fan-out", per_cpu, same},
    {"pair-closed", "messages", "limit-sqlite", "rows", batch_100},
    {"pair-closed", "messages", "limit-postgres", "rows", batch_100},
    {"pair-rate", "deliver p50", "limit-sqlite", "commit p50", batch_1, Better::lower},
    {"pair-rate", "deliver p50", "limit-postgres", "commit p50", batch_1, Better::lower},
    {"store-driver", "rows", "limit-sqlite", "rows", same},
    {"store-driver", "rows per CPU-second", "limit-sqlite", "rows per CPU-second", same},
    {"store-driver", "rows", "limit-postgres", "rows", same},
    {"rest", "messages", "limit-sqlite", "rows", batch_100},
    {"rest", "messages", "limit-postgres", "rows", batch_100},
};

const Result* find(const std::vector<Result>& results, const Pair& pair, const Result& result) {
  for (const Result& limit : results) {
    if (limit.workload != pair.limit || limit.params != pair.limit_params(result)) continue;
    // A database's limit counts only for results of the same durability.
    if (limit.params.contains("batch") && limit.durability != result.durability) continue;
    return &limit;
  }
  return nullptr;
}

}  // namespace

void add_ratios(std::vector<Result>& results) {
  bool headed = false;
  for (Result& result : results)
    for (const Pair& pair : pairs) {
      const Result* limit = result.workload == pair.workload ? find(results, pair, result) : nullptr;
      const Figure *own = result.find(pair.figure), *other = limit ? limit->find(pair.limit_figure) : nullptr;
      if (!own || !other || other->median() <= 0) continue;
      double ratio = own->median() / other->median();
      if (!headed) fmt::print("\nOf what the machine allowed in this call\n");
      headed = true;
      fmt::print("  {:<44} {:<22} {:>5.0f} % of {}: {}\n", result.label(), pair.figure, 100 * ratio, limit->label(),
                 pair.limit_figure);
      result.add(fmt::format("{}, of {}", pair.figure, pair.limit), "", pair.better, ratio);
    }
}

}  // namespace aiim::bench
