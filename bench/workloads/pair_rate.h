// Messages at a fixed rate, spread over pairs of users who take turns.
#pragma once
#include "pair_traffic.h"
#include "schedule.h"

namespace aiim::bench {

class PairRate final : public PairTraffic {
 public:
  // Users first_user and on.
  PairRate(Bench& the_bench, size_t pairs, double rate, size_t first_user = 0)
      : PairTraffic(the_bench, pairs, false, first_user), rate_(rate), schedule_(rate, 0) {}

  void start() {
    schedule_ = Schedule(rate_, now_ns());
    running_ = true;
  }
  void stop() { running_ = false; }
  int64_t deliver_ns(double percent) const { return deliver_latency().percentile(percent); }

  int64_t pump(int64_t now) override {
    while (running_ && schedule_.next_due() <= now) {
      int64_t due = schedule_.take();
      late_.record(now_ns() - due);
      send(turn_ % pairs(), static_cast<uint32_t>(turn_ / pairs() % 2), due);
      turn_++;
    }
    if (in_flight() > open_loop_in_flight_max)
      fail("the server does not keep up: {} messages are under way", in_flight());
    return running_ ? schedule_.next_due() : INT64_MAX;
  }

  void reset() override {
    PairTraffic::reset();
    late_.clear();
  }
  void report(Result& result, double seconds) override {
    PairTraffic::report(result, seconds);
    result.add("sent late p50", "ms", Better::none, static_cast<double>(late_.percentile(50)) / 1e6);
  }

 private:
  void on_done(size_t, uint32_t) override {}

  const double rate_;
  Schedule schedule_;
  size_t turn_ = 0;
  bool running_ = false;
  Histogram late_;  // how long after its time each message was sent: the generator's own part of the latency
};

}  // namespace aiim::bench
