// The table of workloads, in the order of --help.
#include "workload.h"

namespace aiim::bench {

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all = {
      {"pair-closed", "pairs of users keep `--depth` messages under way (--receipts: with mark_delivered)",
       pair_closed_cases},
      {"room-closed", "`--window` messages under way in a room of `--members`", room_closed_cases},
      {"echo", "the op ping, `--depth` under way on `--sessions`", echo_cases},
      {"idle", "memory of `--sessions` that do nothing, and logins per second", idle_cases},
      {"limit", "what the machine allows: bare sockets and bare databases, for the ratios", limit_cases},
  };
  return all;
}

}  // namespace aiim::bench
