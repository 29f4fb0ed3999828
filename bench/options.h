// The command line, filled by main. An empty list means the workload's own default; more than one value runs the
// workload once for each.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace aiim::bench {

struct Options {
  std::vector<std::string> workloads;
  std::string url;       // a running server, or
  std::string spawn;     // the command that starts one for each case
  std::string database;  // DATABASE_URL of a spawned server
  bool postgres = false;
  std::string secret;
  int server_pid = 0;  // of --url's server, to measure it
  std::string json, compare;
  double tolerance_percent = 10;
  bool strict = false;
  double seconds = 5;
  bool seconds_given = false;  // pair-soak's own default is longer
  double warmup = 1;
  int runs = 3;
  bool pin = false;
  bool verbose = false;

  std::vector<int64_t> pairs, depth, rate, members, window, sessions, messages, streams, viewers, batch, workers;
  bool receipts = false;
  std::string client_ids = "random";  // or "ordered"
  int64_t text_bytes = 200;
};

}  // namespace aiim::bench
