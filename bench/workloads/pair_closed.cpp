// pair-closed: each pair keeps `depth` messages under way, its users taking turns; the next leaves when one is done.
#include "pair_closed.h"

#include "sweep.h"

namespace aiim::bench {
std::vector<Case> pair_closed_cases(const Options& options) {
  return with_client_ids(sweep("pair-closed",
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
                               }),
                         options);
}

}  // namespace aiim::bench
