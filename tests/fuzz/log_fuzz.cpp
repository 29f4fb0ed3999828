// No value forges a line: a text line has no control character and as many fields as were given, a JSON line parses to
// them.
#include <simdjson.h>

#include <algorithm>

#include "base/codec.h"
#include "base/log.h"
#include "fuzz.h"

namespace aiim {
namespace {

// Words of a text line, a quoted value with its key being one.
std::size_t words(std::string_view line) {
  std::size_t count = 1;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ' ' && !quoted) {
      ++count;
    }
  }
  REQUIRE(!quoted);
  return count;
}

void run(std::string_view input) {
  auto key = take_until(input, '\n');
  auto first = take_until(input, '\n');
  LogFields fields = {{key, first}, {"rest", input}, {"number", 7}};
  std::string text = log_line(false, Time{0}, LogLevel::info, "fuzzed", fields);
  std::string json = log_line(true, Time{0}, LogLevel::info, "fuzzed", fields);
  for (auto& line : {text, json}) {
    REQUIRE(simdjson::validate_utf8(line.data(), line.size()));
    REQUIRE(std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7F; }));
  }
  REQUIRE(words(text) == 3 + 3);
  JsonParser parser;
  auto element = parser.parse(json);
  REQUIRE(element.has_value());
  simdjson::dom::object object;
  REQUIRE(!element->get_object().get(object) && object.size() == 3 + 3);
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
