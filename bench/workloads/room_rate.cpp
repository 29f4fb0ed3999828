// room-rate: messages into one room at a fixed rate, its members taking turns.
#include "room.h"
#include "schedule.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

class RoomRate final : public Room {
 public:
  RoomRate(Bench& the_bench, size_t members, double rate) : Room(the_bench, members), rate_(rate), schedule_(rate, 0) {}

  void start() {
    schedule_ = Schedule(rate_, now_ns());
    running_ = true;
  }
  void stop() { running_ = false; }

  int64_t pump(int64_t now) override {
    while (running_ && schedule_.next_due() <= now) send(turn_++ % members(), schedule_.take());
    if (in_flight() > open_loop_in_flight_max / 20)
      fail("the server does not keep up: {} messages are under way", in_flight());
    return running_ ? schedule_.next_due() : INT64_MAX;
  }

 private:
  void on_done(size_t) override {}

  const double rate_;
  Schedule schedule_;
  size_t turn_ = 0;
  bool running_ = false;
};

}  // namespace

std::vector<Case> room_rate_cases(const Options& options) {
  return sweep("room-rate", {{"members", options.members, {1000}}, {"rate", options.rate, {20, 50, 100}}},
               [](const Params& params, Bench& bench, Result& result) {
                 RoomRate load(bench, params.at("members"), static_cast<double>(params.at("rate")));
                 load.prepare();
                 load.start();
                 measure(bench, load, result);
                 load.stop();
                 load.finish();
               });
}

}  // namespace aiim::bench
