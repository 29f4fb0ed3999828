// Small questions about header text (RFC 9110 §5.6). Pure, without allocation.
#pragma once
#include <string_view>

namespace aiim {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// RFC 9110's token: one or more tchar.
bool is_token(std::string_view text);
std::string_view trimmed(std::string_view text);  // without blanks and tabs around
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Calls `visit` with each trimmed, non-empty element of a comma-separated list until it returns true; whether it did.
template <class Visit>
bool any_in_list(std::string_view list, Visit visit) {
  while (!list.empty()) {
    auto comma = list.find(',');
    auto element = trimmed(list.substr(0, comma));
    if (!element.empty() && visit(element)) return true;
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return false;
}

/// Whether a comma-separated list names `token`, whatever its case.
bool list_has_token(std::string_view list, std::string_view token);

/// X-Request-Id: [A-Za-z0-9._-]{1,128}.
bool valid_request_id(std::string_view text);

}  // namespace aiim
