#include "net/url_text.h"

#include <simdjson.h>

#include <set>

namespace aiim {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error bad_encoding() { return Error(ErrorCode::invalid_request, "the URL is not percent-encoded UTF-8"); }

template <class Visit>
Result<> each_parameter(std::string_view query, Visit visit) {
  while (!query.empty()) {
    auto end = query.find('&');
    auto pair = query.substr(0, end);
    query.remove_prefix(end == query.npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    TRY_AS(name, percent_decode(pair.substr(0, equals), true));
    TRY_AS(text, percent_decode(value, true));
    TRY(visit(std::move(name), std::move(text)));
  }
  return {};
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return bad_encoding();
      int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return bad_encoding();
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  if (out.find('\0') != out.npos || !simdjson::validate_utf8(out.data(), out.size())) return bad_encoding();
  return out;
}

Result<> parse_query(std::string_view query, std::map<std::string, std::string>& out) {
  constexpr std::size_t parameters_max = 64;
  std::set<std::string> seen;
  return each_parameter(query, [&](std::string name, std::string value) -> Result<> {
    if (seen.size() == parameters_max) return Error(ErrorCode::invalid_request, "the query has too many parameters");
    if (!seen.insert(name).second) return Error::field(name, "came twice in the query");
    out.emplace(std::move(name), std::move(value));
    return {};
  });
}

std::string query_parameter(std::string_view query, std::string_view name) {
  std::string found;
  (void)each_parameter(query, [&](std::string each, std::string value) -> Result<> {
    if (each != name || !found.empty()) return {};
    found = std::move(value);
    return {};
  });
  return found;
}

}  // namespace aiim
