#include "ops/examples.h"

#include <map>

#include "assets/embedded.h"
#include "base/check.h"
#include "ops/op_facts.h"

namespace aiim {
namespace {

struct Story {
  JsonParser parser;
  std::map<std::pair<std::string_view, bool>, Json>
      steps;  // by operation and whether over WebSocket; the first of each
  std::map<std::string_view, Json> events;
};

std::string_view file() {
  for (const EmbeddedFile& each : embedded_files()) {
    if (each.path == "/docs/examples.json") return each.bytes;
  }
  return "{}";
}

// Elements point into the parser, so the story is read once and kept.
const Story& story() {
  static const auto told = [] {
    auto made = std::make_unique<Story>();
    auto root = made->parser.parse(file());
    AIIM_CHECK(root.has_value());
    simdjson::dom::array steps;
    if (!(*root)["steps"].get(steps)) {
      for (Json step : steps) {
        std::string_view operation = step["operation"].get_string().value();
        made->steps.emplace(std::pair(operation, step["over"].get_string().value() == "websocket"), step);
      }
    }
    simdjson::dom::object events;
    if (!(*root)["events"].get(events)) {
      for (auto [type, data] : events) made->events.emplace(type, data);
    }
    return made;
  }();
  return *told;
}

const Json* find_step(std::string_view operation, Surface surface) {
  auto found = story().steps.find({operation, surface == Surface::websocket});
  return found == story().steps.end() ? nullptr : &found->second;
}

}  // namespace

std::optional<Example> example_of(std::string_view operation, Surface surface) {
  const Json* step = find_step(operation, surface);
  if (!step) return std::nullopt;
  Example example;
  example.request = simdjson::minify((*step)["request"].value());
  Json reply;
  if (!(*step)["reply"].get(reply)) example.reply = simdjson::minify(reply);
  return example;
}

std::optional<std::string> example_field(std::string_view operation, std::string_view field) {
  const Json* step = find_step(operation, Surface::http);
  Json value;
  if (!step || (*step)["request"][field].get(value)) return std::nullopt;
  return simdjson::minify(value);
}

std::optional<std::string> example_body(const Op& op) {
  std::string out;
  for (const Member* field : fields_beside_path(op)) {
    auto value = example_field(op.row.name, field->name);
    if (value) out.append(out.empty() ? "{\"" : ",\"").append(field->name).append("\":").append(*value);
  }
  if (out.empty()) return std::nullopt;
  return out + "}";
}

std::optional<std::string> example_event(std::string_view type) {
  auto found = story().events.find(type);
  if (found == story().events.end()) return std::nullopt;
  return simdjson::minify(found->second);
}

}  // namespace aiim
