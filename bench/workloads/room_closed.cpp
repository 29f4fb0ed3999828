// room-closed: `window` messages under way in one room; when everybody has one, its sender sends the next.
#include "room.h"
#include "shared.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

class RoomClosed final : public Room {
 public:
  using Room::Room;

  void start(size_t window) {
    for (size_t i = 0; i < window; i++) send(i % members(), now_ns());
  }
  void stop() { stopped_ = true; }
  int64_t pump(int64_t) override { return INT64_MAX; }

 private:
  void on_done(size_t member) override {
    if (!stopped_) send(member, now_ns());
  }
  bool stopped_ = false;
};

}  // namespace

void run_room_closed(Bench& bench, size_t members, size_t window, const Conversation* conversation, Result& result) {
  RoomClosed load(bench, members);
  if (conversation) {
    load.open_sessions(0, members);
    load.join(*conversation);
  } else {
    load.prepare();
  }
  load.start(window);
  measure(bench, load, result);
  load.stop();
  load.finish();
}

std::vector<Case> room_closed_cases(const Options& options) {
  return sweep("room-closed", {{"members", options.members, {1000}}, {"window", options.window, {1, 16}}},
               [](const Params& params, Bench& bench, Result& result) {
                 run_room_closed(bench, params.at("members"), params.at("window"), nullptr, result);
               });
}

}  // namespace aiim::bench
