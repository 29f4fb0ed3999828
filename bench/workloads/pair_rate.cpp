// pair-rate: messages at a fixed rate, spread over the pairs, their users taking turns.
#include "pair_traffic.h"
#include "schedule.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

class PairRate final : public PairTraffic {
 public:
  PairRate(Bench& the_bench, size_t pairs, double rate)
      : PairTraffic(the_bench, pairs, false), rate_(rate), schedule_(rate, 0) {}

  void start() {
    schedule_ = Schedule(rate_, now_ns());
    running_ = true;
  }
  void stop() { running_ = false; }

  int64_t pump(int64_t now) override {
    while (running_ && schedule_.next_due() <= now) {
      send(turn_ % pairs(), static_cast<uint32_t>(turn_ / pairs() % 2), schedule_.take());
      turn_++;
    }
    if (in_flight() > open_loop_in_flight_max)
      fail("the server does not keep up: {} messages are under way", in_flight());
    return running_ ? schedule_.next_due() : INT64_MAX;
  }

 private:
  void on_done(size_t, uint32_t) override {}

  const double rate_;
  Schedule schedule_;
  size_t turn_ = 0;
  bool running_ = false;
};

}  // namespace

std::vector<Case> pair_rate_cases(const Options& options) {
  return sweep("pair-rate", {{"pairs", options.pairs, {100}}, {"rate", options.rate, {1000, 5000, 10000}}},
               [](const Params& params, Bench& bench, Result& result) {
                 PairRate load(bench, params.at("pairs"), static_cast<double>(params.at("rate")));
                 load.prepare();
                 load.start();
                 measure(bench, load, result);
                 load.stop();
                 load.finish();
               });
}

}  // namespace aiim::bench
