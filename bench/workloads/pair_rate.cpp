// pair-rate: messages at a fixed rate, spread over the pairs, their users taking turns.
#include "pair_rate.h"

#include "sweep.h"

namespace aiim::bench {

std::vector<Case> pair_rate_cases(const Options& options) {
  return with_client_ids(
      sweep("pair-rate", {{"pairs", options.pairs, {100}}, {"rate", options.rate, {1000, 5000, 10000}}},
            [](const Params& params, Bench& bench, Result& result) {
              PairRate load(bench, params.at("pairs"), static_cast<double>(params.at("rate")));
              load.prepare();
              load.start();
              measure(bench, load, result);
              load.stop();
              load.finish();
            }),
      options);
}

}  // namespace aiim::bench
