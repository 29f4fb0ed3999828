// pair-closed: each pair keeps `depth` messages under way, its users taking turns; the next leaves when one is done.
#include "pair_traffic.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

class PairClosed final : public PairTraffic {
 public:
  using PairTraffic::PairTraffic;

  void start(size_t depth) {
    for (size_t pair = 0; pair < pairs(); pair++)
      for (size_t i = 0; i < depth; i++) send(pair, i % 2, now_ns());
  }
  void stop() { stopped_ = true; }
  int64_t pump(int64_t) override { return INT64_MAX; }

 private:
  void on_done(size_t pair, uint32_t side) override {
    if (!stopped_) send(pair, 1 - side, now_ns());
  }
  bool stopped_ = false;
};

}  // namespace

std::vector<Case> pair_closed_cases(const Options& options) {
  return sweep("pair-closed",
               {{"pairs", options.pairs, {100}},
                {"depth", options.depth, {1, 10}},
                {"receipts", {options.receipts ? 1 : 0}, {}}},
               [](const Params& params, Bench& bench, Result& result) {
                 PairClosed load(bench, params.at("pairs"), params.at("receipts"));
                 load.prepare();
                 load.start(params.at("depth"));
                 measure(bench, load, result);
                 load.stop();
                 load.finish();
               });
}

}  // namespace aiim::bench
