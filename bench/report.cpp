// The text table and the JSON document.
#include "report.h"

#include <simdjson.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>

#include "failure.h"

namespace aiim::bench {
namespace {

std::string pretty(double value) {
  double size = std::fabs(value);
  if (size >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
  if (size >= 10000) return fmt::format("{:.1f} k", value / 1000);
  if (size >= 100) return fmt::format("{:.0f}", value);
  if (size >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.3g}", value);
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

const char* name_of(Better better) {
  return better == Better::higher ? "higher" : better == Better::lower ? "lower" : "none";
}

std::string as_json(const Figure& figure) {
  std::string runs;
  for (double value : figure.values) runs += fmt::format("{}{:.6g}", runs.empty() ? "" : ",", value);
  return fmt::format(R"({{"name":{},"unit":{},"better":"{}","median":{:.6g},"min":{:.6g},"max":{:.6g},"runs":[{}]}})",
                     json_string(figure.name), json_string(figure.unit), name_of(figure.better), figure.median(),
                     figure.min(), figure.max(), runs);
}

std::string as_json(const Result& result) {
  std::string params, figures;
  for (const auto& [key, value] : result.params)
    params += fmt::format("{}{}:{}", params.empty() ? "" : ",", json_string(key), json_string(value));
  for (const Figure& figure : result.figures) figures += (figures.empty() ? "\n    " : ",\n    ") + as_json(figure);
  return fmt::format("{{\"workload\":{},\"params\":{{{}}},\"durability\":{},\"note\":{},\"figures\":[{}]}}",
                     json_string(result.workload), params, json_string(result.durability), json_string(result.note),
                     figures);
}

}  // namespace

void print_table(const Result& result) {
  fmt::print("\n{}\n", result.label());
  fmt::print("  durability: {}{}\n", result.durability, result.note.empty() ? "" : "   ** " + result.note + " **");
  for (const Figure& figure : result.figures) {
    std::string spread =
        figure.values.size() > 1 ? fmt::format("   ({} … {})", pretty(figure.min()), pretty(figure.max())) : "";
    fmt::print("  {:<30} {:>10} {:<6}{}\n", figure.name, pretty(figure.median()), figure.unit, spread);
  }
  fflush(stdout);
}

void write_json(const std::string& path, const std::vector<Result>& results, const std::string& command) {
  utsname machine;
  uname(&machine);
  std::ofstream out(path);
  out << fmt::format("{{\"time\":{},\"command\":{},\"machine\":{{\"cores\":{},\"kernel\":{}}},\n\"results\":[",
                     time(nullptr), json_string(command), sysconf(_SC_NPROCESSORS_ONLN), json_string(machine.release));
  for (size_t i = 0; i < results.size(); i++) out << (i ? ",\n  " : "\n  ") << as_json(results[i]);
  out << "\n]}\n";
  if (!out.flush()) fail("cannot write {}", path);
}

}  // namespace aiim::bench
