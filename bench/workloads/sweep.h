// Cases from lists of parameters: every combination of the given values, or of the defaults where none is given.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "workload.h"

namespace aiim::bench {

class Params {
 public:
  explicit Params(std::map<std::string, int64_t> values) : values_(std::move(values)) {}
  size_t at(const std::string& name) const { return static_cast<size_t>(values_.at(name)); }
  const std::map<std::string, int64_t>& all() const { return values_; }

 private:
  std::map<std::string, int64_t> values_;
};

struct Axis {
  std::string name;
  std::vector<int64_t> given, defaults;
};

std::vector<Case> sweep(const std::string& workload, const std::vector<Axis>& axes,
                        std::function<void(const Params&, Bench&, Result&)> run);

}  // namespace aiim::bench
