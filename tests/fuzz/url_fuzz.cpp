// What a request target decodes to is UTF-8 without NUL, and a router's parameters are pieces of the path it was given.
#include <simdjson.h>

#include "fuzz.h"
#include "net/router.h"
#include "net/url_text.h"

namespace aiim {
namespace {

Router routes() {
  Router router;
  int target = 0;
  for (auto pattern :
       {"GET /a/{x}", "GET /a/me", "POST /a/{x}/{y}", "GET /a/me/{z}", "PUT /b/{x}/c/{y}/d/{z}", "GET /"})
    router.add(pattern, target++);
  return router;
}

bool is_text(std::string_view text) {
  return text.find('\0') == text.npos && simdjson::validate_utf8(text.data(), text.size());
}

void run(std::string_view input) {
  static const Router router = routes();
  auto path = take_until(input, '?');
  auto match = router.find("GET", path);
  if (match.what == Router::Match::What::found) {
    REQUIRE(match.target >= 0 && match.names != nullptr);
    for (std::size_t i = 0; i < match.names->size(); ++i) {
      auto value = match.values[i];
      REQUIRE(!value.empty() && value.data() >= path.data() &&
              value.data() + value.size() <= path.data() + path.size());
      REQUIRE(value.find('/') == value.npos);
      auto decoded = percent_decode(value);
      if (decoded) REQUIRE(is_text(*decoded));
    }
  }
  std::map<std::string, std::string> parameters;
  if (parse_query(input, parameters)) {
    REQUIRE(parameters.size() <= 64);
    for (auto& [name, value] : parameters) REQUIRE(is_text(name) && is_text(value));
  }
  REQUIRE(is_text(query_parameter(input, "token")));
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
