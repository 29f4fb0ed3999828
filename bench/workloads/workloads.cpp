// The table of workloads, in the order of --help.
#include "workload.h"

namespace aiim::bench {

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all = {
      {"short", "the limits and a case or two of each workload, for `make bench`", short_cases},
      {"limit", "what the machine allows: bare sockets and bare databases; first in a call, it gives the ratios",
       limit_cases},
      {"pair-closed", "pairs of users keep --depth messages under way (--receipts: with mark_delivered)",
       pair_closed_cases},
      {"pair-rate", "messages at --rate per second over --pairs, latency from when each was due", pair_rate_cases},
      {"pair-soak", "1,000 pairs for a minute or for --seconds, a figure per 5 s", pair_soak_cases},
      {"room-closed", "--window messages under way in a room of --members", room_closed_cases},
      {"room-rate", "messages at --rate per second into a room of --members", room_rate_cases},
      {"echo", "the op ping, --depth under way on --sessions", echo_cases},
      {"rest", "POST /messages on --sessions keep-alive connections, delivered to sessions", rest_cases},
      {"history", "pages of a conversation of --messages, the newest and any", history_cases},
      {"sync", "a client that was away asks for what is new", sync_cases},
      {"stream", "--streams answers typed at --rate appends per second before --viewers each", stream_cases},
      {"idle", "memory of --sessions that do nothing, and logins per second", idle_cases},
      {"herd", "--sessions are cut at once and come back, behind by 20 messages", herd_cases},
      {"store", "the store alone: batches on one connection, and its threads under --depth waiting appends",
       store_cases},
      {"bus", "topics inside one process alone: --batch events per publish to 1 and 2 workers", bus_cases},
      {"growth", "the others along messages, members, sessions and workers", growth_cases},
  };
  return all;
}

std::vector<Case> with_workers(const std::vector<Case>& cases, const Options& options) {
  if (options.workers.empty()) return cases;
  std::vector<Case> out;
  for (int64_t workers : options.workers)
    for (Case one : cases) {
      one.params["workers"] = std::to_string(workers);
      one.environment.emplace_back("AIIM_WORKERS", std::to_string(workers));
      out.push_back(std::move(one));
    }
  return out;
}

std::vector<Case> with_client_ids(std::vector<Case> cases, const Options& options) {
  if (options.client_ids != Options().client_ids)
    for (Case& one : cases) one.params["client-ids"] = options.client_ids;
  return cases;
}

}  // namespace aiim::bench
