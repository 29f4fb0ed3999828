// The cartesian product, the last axis turning fastest.
#include "sweep.h"

namespace aiim::bench {

std::vector<Case> sweep(const std::string& workload, const std::vector<Axis>& axes,
                        std::function<void(const Params&, Bench&, Result&)> run) {
  std::vector<std::map<std::string, int64_t>> combinations(1);
  for (const Axis& axis : axes) {
    std::vector<std::map<std::string, int64_t>> next;
    for (const auto& combination : combinations)
      for (int64_t value : axis.given.empty() ? axis.defaults : axis.given) {
        next.push_back(combination);
        next.back()[axis.name] = value;
      }
    combinations = std::move(next);
  }
  std::vector<Case> cases;
  for (const auto& combination : combinations) {
    Case one{.workload = workload};
    for (const auto& [name, value] : combination) one.params[name] = std::to_string(value);
    one.run = [run, params = Params(combination)](Bench& bench, Result& result) { run(params, bench, result); };
    cases.push_back(std::move(one));
  }
  return cases;
}

}  // namespace aiim::bench
