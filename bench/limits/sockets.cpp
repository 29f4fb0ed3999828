// The same generator and the same checks as `echo` and `room-closed`, against the bare server.
#include "limits.h"
#include "raw_server.h"
#include "workloads/shared.h"

namespace aiim::bench {
namespace {

constexpr const char* durability = "none: a bare epoll server without a store";

}  // namespace

Case limit_echo(size_t sessions, size_t depth) {
  Case one{.workload = "limit-echo", .needs_server = false};
  one.params = {{"sessions", std::to_string(sessions)}, {"depth", std::to_string(depth)}};
  one.run = [=](Bench& bench, Result& result) {
    RawServer server;
    bench.use(server.target(), durability, server.pid());
    run_echo(bench, sessions, depth, result);
  };
  return one;
}

Case limit_fan_out(size_t members, size_t window) {
  Case one{.workload = "limit-fan-out", .needs_server = false};
  one.params = {{"members", std::to_string(members)}, {"window", std::to_string(window)}};
  one.run = [=](Bench& bench, Result& result) {
    RawServer server;
    bench.use(server.target(), durability, server.pid());
    Conversation room{.id = "conv_raw", .epoch = "raw"};
    run_room_closed(bench, members, window, &room, result);
  };
  return one;
}

}  // namespace aiim::bench
