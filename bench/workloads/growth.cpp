// growth: the other workloads, each along the axis that may make it slower: messages kept, members of a room, sessions
// open, workers. The values of an axis can be given; the table shows what each step costs.
#include "sweep.h"

namespace aiim::bench {
namespace {

std::vector<int64_t> axis(const std::vector<int64_t>& given, std::vector<int64_t> defaults) {
  return given.empty() ? defaults : given;
}

void append(std::vector<Case>& all, std::vector<Case> more) {
  for (Case& one : more) all.push_back(std::move(one));
}

}  // namespace

std::vector<Case> growth_cases(const Options& options) {
  std::vector<Case> cases;
  Options step = options;
  step.messages = axis(options.messages, {10'000, 1'000'000});
  step.sessions = {4};
  append(cases, history_cases(step));
  append(cases, sync_cases(step));
  step = options;
  step.members = axis(options.members, {10, 1000, 10'000});
  step.window = {4};
  append(cases, room_closed_cases(step));
  step = options;
  step.pairs = axis(options.sessions, {100, 1000, 10'000});
  for (int64_t& pairs : step.pairs) pairs = std::max<int64_t>(1, pairs / 2);
  step.depth = {1};
  append(cases, pair_closed_cases(step));
  for (int64_t workers : axis(options.workers, {1, 2})) {
    step = options;
    step.workers = {workers};
    step.depth = {8};
    append(cases, with_workers(echo_cases(step), step));
    step.window = {16};
    append(cases, with_workers(room_closed_cases(step), step));
  }
  return cases;
}

}  // namespace aiim::bench
