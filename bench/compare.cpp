// --compare: an earlier --json document beside this call's results.
#include <simdjson.h>

#include "failure.h"
#include "report.h"

namespace aiim::bench {
namespace {

namespace dom = simdjson::dom;

std::string_view text_at(dom::element object, const char* key) {
  std::string_view text;
  return object[key].get(text) ? std::string_view() : text;
}

bool same_case(dom::element old, const Result& result) {
  dom::object params;
  if (text_at(old, "workload") != result.workload || old["params"].get(params) || params.size() != result.params.size())
    return false;
  for (const auto& [key, value] : result.params)
    if (text_at(old["params"], key.c_str()) != value) return false;
  return true;
}

// 1 when it is worse by more than the tolerance.
int compare_figure(dom::element old, const Result& result, double tolerance) {
  const Figure* figure = result.find(text_at(old, "name"));
  double before = 0;
  if (!figure || figure->better == Better::none || old["median"].get(before) || before == 0 || figure->median() == 0)
    return 0;
  double ratio = figure->median() / before;
  double gain = figure->better == Better::higher ? ratio : 1 / ratio;
  bool worse = gain < 1 - tolerance / 100;
  fmt::print("  {:<30} {:>12.5g} -> {:>12.5g} {:<6} x{:.2f}{}\n", figure->name, before, figure->median(), figure->unit,
             ratio,
             worse                        ? "   WORSE"
             : gain > 1 + tolerance / 100 ? "   better"
                                          : "");
  return worse;
}

}  // namespace

int compare(const std::string& path, const std::vector<Result>& results, double tolerance_percent) {
  dom::parser parser;
  dom::element root;
  dom::array old_results;
  if (parser.load(path).get(root) || root["results"].get(old_results))
    fail("--compare: {} is not a result of aiim-bench", path);
  int worse = 0;
  fmt::print("\nCompared with {} (worse: by more than {:g} %)\n", path, tolerance_percent);
  for (const Result& result : results) {
    bool found = false;
    for (dom::element old : old_results) {
      if (!same_case(old, result)) continue;
      found = true;
      fmt::print("{}\n", result.label());
      if (text_at(old, "durability") != result.durability) {
        fmt::print("  not compared: durability was '{}', is '{}'\n", text_at(old, "durability"), result.durability);
        continue;
      }
      dom::array figures;
      if (old["figures"].get(figures)) continue;
      for (dom::element figure : figures) worse += compare_figure(figure, result, tolerance_percent);
    }
    if (!found) fmt::print("{}\n  new\n", result.label());
  }
  return worse;
}

}  // namespace aiim::bench
