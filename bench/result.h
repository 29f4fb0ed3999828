// What a case measured: named figures with one value per run.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aiim::bench {

enum class Better { higher, lower, none };  // none: context, never compared

struct Figure {
  std::string name, unit;
  Better better = Better::none;
  std::vector<double> values;

  double median() const;
  double min() const;
  double max() const;
};

struct Result {
  std::string workload;
  std::map<std::string, std::string> params;
  std::string durability = {};
  std::string note = {};  // "generator-bound" and the like
  std::vector<Figure> figures = {};

  void add(std::string_view name, std::string_view unit, Better better, double value);
  const Figure* find(std::string_view name) const;
  std::string label() const;  // "pair-closed depth=1 pairs=100"
};

}  // namespace aiim::bench
