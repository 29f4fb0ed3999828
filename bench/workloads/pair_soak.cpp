// pair-soak: pair-closed for a minute, or as long as --seconds says, one figure per five seconds, with the size of the
// database's files beside it: what slows down or grows shows in the row of runs.
#include <filesystem>

#include "pair_closed.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

constexpr double default_seconds = 60;
constexpr double slice_seconds = 5;

double file_mib(Bench& bench, std::string_view ending, bool ends_so) {
  if (!bench.server()) return 0;
  uintmax_t sum = 0;
  std::error_code ignored;
  for (auto& entry : std::filesystem::directory_iterator(bench.server()->data_directory(), ignored))
    if (entry.is_regular_file(ignored) && entry.path().string().ends_with(ending) == ends_so)
      sum += entry.file_size(ignored);
  return static_cast<double>(sum) / (1 << 20);
}

class PairSoak final : public PairClosed {
 public:
  using PairClosed::PairClosed;
  void report(Result& result, double seconds) override {
    PairClosed::report(result, seconds);
    if (!bench().server() || !bench().database_url().empty()) return;
    result.add("database file", "MiB", Better::none, file_mib(bench(), "-wal", false));
    result.add("WAL file", "MiB", Better::none, file_mib(bench(), "-wal", true));
  }
};

void run_soak(const Params& params, double seconds, Bench& bench, Result& result) {
  PairSoak load(bench, params.at("pairs"), params.at("receipts"));
  load.prepare();
  load.start(params.at("depth"));
  Window window(bench.options());
  window.runs = std::max(1, static_cast<int>(seconds / slice_seconds));
  window.seconds = std::min(seconds, slice_seconds);
  measure(bench, load, result, window);
  load.stop();
  load.finish();
  std::string series;
  for (double value : result.find("messages")->values) series += fmt::format(" {:.1f}", value / 1000);
  result.note += fmt::format("{}thousand messages/s per 5 s:{}", result.note.empty() ? "" : "; ", series);
}

}  // namespace

std::vector<Case> pair_soak_cases(const Options& options) {
  double seconds = options.seconds_given ? options.seconds : default_seconds;
  std::vector<Case> cases = sweep(
      "pair-soak",
      {{"pairs", options.pairs, {1000}}, {"depth", options.depth, {2}}, {"receipts", {options.receipts ? 1 : 0}, {}}},
      [seconds](const Params& params, Bench& bench, Result& result) { run_soak(params, seconds, bench, result); });
  for (Case& one : cases) one.params["seconds"] = fmt::format("{:g}", seconds);
  return with_client_ids(std::move(cases), options);
}

}  // namespace aiim::bench
