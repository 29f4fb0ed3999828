// A workload is a name, what it is for, and the cases that the options ask of it; a case is one set of parameters on
// one fresh server.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench.h"

namespace aiim::bench {

struct Case {
  std::string workload;
  std::map<std::string, std::string> params = {};
  bool needs_server = true;
  std::vector<std::pair<std::string, std::string>> environment = {};  // of a spawned server
  std::function<void(Bench&, Result&)> run = {};
};

struct Workload {
  std::string_view name;
  std::string_view summary;
  std::vector<Case> (*cases)(const Options&);
};

const std::vector<Workload>& workloads();

// The cases once more for each of options.workers, as a parameter and in the spawned server's environment; the same
// cases when none is given.
std::vector<Case> with_workers(const std::vector<Case>& cases, const Options& options);

// The cases with --client-ids as a parameter, where it is not the default: for those that send between pairs.
std::vector<Case> with_client_ids(std::vector<Case> cases, const Options& options);

std::vector<Case> bus_cases(const Options&);
std::vector<Case> growth_cases(const Options&);
std::vector<Case> herd_cases(const Options&);
std::vector<Case> history_cases(const Options&);
std::vector<Case> pair_rate_cases(const Options&);
std::vector<Case> pair_soak_cases(const Options&);
std::vector<Case> rest_cases(const Options&);
std::vector<Case> room_rate_cases(const Options&);
std::vector<Case> short_cases(const Options&);
std::vector<Case> store_cases(const Options&);
std::vector<Case> stream_cases(const Options&);
std::vector<Case> sync_cases(const Options&);
std::vector<Case> echo_cases(const Options&);
std::vector<Case> idle_cases(const Options&);
std::vector<Case> limit_cases(const Options&);
std::vector<Case> pair_closed_cases(const Options&);
std::vector<Case> room_closed_cases(const Options&);

}  // namespace aiim::bench
