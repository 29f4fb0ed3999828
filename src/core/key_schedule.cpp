#include "core/key_schedule.h"

#include <charconv>

namespace aiim {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// A number of seconds; one too large to hold is a very long time (RFC 9111 §1.2.2).
std::optional<std::int64_t> seconds(std::string_view text) {
  constexpr std::int64_t very_long = 2'147'483'648;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.front() == '-' || end != text.data() + text.size()) return std::nullopt;
  return error == std::errc() ? std::min(number, very_long) : very_long;
}

}  // namespace

std::optional<std::int64_t> fresh_seconds(std::string_view cache_control, std::string_view age) {
  std::optional<std::int64_t> fresh;
  while (!cache_control.empty()) {
    auto comma = std::min(cache_control.find(','), cache_control.size());
    auto directive = trimmed(cache_control.substr(0, comma));
    cache_control.remove_prefix(std::min(comma + 1, cache_control.size()));
    auto equals = std::min(directive.find('='), directive.size());
    auto name = trimmed(directive.substr(0, equals));
    if (equal_ignoring_case(name, "no-store") || equal_ignoring_case(name, "no-cache")) return 0;
    if (equal_ignoring_case(name, "max-age") && equals < directive.size())
      fresh = seconds(trimmed(directive.substr(equals + 1)));
  }
  if (!fresh) return std::nullopt;
  return std::max<std::int64_t>(0, *fresh - seconds(trimmed(age)).value_or(0));
}

}  // namespace aiim
