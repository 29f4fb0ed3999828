// short: what `make bench` runs in under five minutes with --seconds 2: one case or two of each workload, after the
// limits that they are read against.
#include "workload.h"

namespace aiim::bench {
namespace {

void append(std::vector<Case>& all, std::vector<Case> more) {
  for (Case& one : more) all.push_back(std::move(one));
}

}  // namespace

std::vector<Case> short_cases(const Options& given) {
  std::vector<Case> cases;
  Options options = given;
  if (options.batch.empty()) options.batch = {100};
  append(cases, limit_cases(options));
  append(cases, echo_cases(options));
  append(cases, pair_closed_cases(options));
  Options receipts = options;
  receipts.receipts = true;
  receipts.depth = {10};
  append(cases, pair_closed_cases(receipts));
  Options rate = options;
  rate.rate = {1000};
  append(cases, pair_rate_cases(rate));
  append(cases, room_closed_cases(options));
  append(cases, rest_cases(options));
  append(cases, history_cases(options));
  append(cases, sync_cases(options));
  append(cases, stream_cases(options));
  append(cases, idle_cases(options));
  append(cases, herd_cases(options));
  return cases;
}

}  // namespace aiim::bench
