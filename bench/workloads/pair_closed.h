// Closed loop over pairs: each keeps `depth` messages under way, its users taking turns.
#pragma once
#include "pair_traffic.h"

namespace aiim::bench {

class PairClosed : public PairTraffic {
 public:
  using PairTraffic::PairTraffic;

  void start(size_t depth) {
    for (size_t pair = 0; pair < pairs(); pair++)
      for (size_t i = 0; i < depth; i++) send(pair, i % 2, now_ns());
  }
  void stop() { stopped_ = true; }
  int64_t pump(int64_t) override { return INT64_MAX; }

 private:
  void on_done(size_t pair, uint32_t side) final {
    if (!stopped_) send(pair, 1 - side, now_ns());
  }
  bool stopped_ = false;
};

}  // namespace aiim::bench
