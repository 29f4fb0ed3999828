// Figures keep the order in which they were first added.
#include "result.h"

#include <algorithm>

namespace aiim::bench {

double Figure::median() const {
  if (values.empty()) return 0;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  size_t half = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

double Figure::min() const { return values.empty() ? 0 : *std::min_element(values.begin(), values.end()); }
double Figure::max() const { return values.empty() ? 0 : *std::max_element(values.begin(), values.end()); }

void Result::add(std::string_view name, std::string_view unit, Better better, double value) {
  for (Figure& figure : figures)
    if (figure.name == name) return figure.values.push_back(value);
  figures.push_back({std::string(name), std::string(unit), better, {value}});
}

const Figure* Result::find(std::string_view name) const {
  for (const Figure& figure : figures)
    if (figure.name == name) return &figure;
  return nullptr;
}

std::string Result::label() const {
  std::string text = workload;
  for (const auto& [key, value] : params) text += " " + key + "=" + value;
  return text;
}

}  // namespace aiim::bench
