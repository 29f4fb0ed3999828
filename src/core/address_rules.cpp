#include "core/address_rules.h"

#include <algorithm>

namespace aiim {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// An entry of X-Forwarded-For; some proxies add the port: "1.2.3.4:80", "[2001:db8::1]:80".
std::optional<IpAddress> parse_entry(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    return parse_ip(text.substr(1, end - 1));
  }
  if (std::count(text.begin(), text.end(), ':') == 1) text = text.substr(0, text.find(':'));
  return parse_ip(text);
}

}  // namespace

std::string AddressRules::client_address(std::string_view peer, std::string_view forwarded_for) const {
  auto address = parse_ip(peer);
  if (!address || trusted_proxies.empty()) return std::string(peer);
  while (!trimmed(forwarded_for).empty() && contains(trusted_proxies, *address)) {
    auto comma = forwarded_for.rfind(',');
    auto entry = parse_entry(comma == forwarded_for.npos ? forwarded_for : forwarded_for.substr(comma + 1));
    if (!entry) break;
    address = entry;
    forwarded_for = comma == forwarded_for.npos ? std::string_view() : forwarded_for.substr(0, comma);
  }
  return to_text(*address);
}

bool AddressRules::admits(std::string_view address) const {
  if (allow.empty() && deny.empty()) return true;
  auto parsed = parse_ip(address);
  if (!parsed || contains(deny, *parsed)) return false;
  return allow.empty() || contains(allow, *parsed);
}

std::string limited_address(std::string_view address) {
  auto parsed = parse_ip(address);
  if (!parsed || !parsed->v6) return std::string(address);
  std::fill(parsed->bytes.begin() + 8, parsed->bytes.end(), std::uint8_t{0});
  return to_text(*parsed) + "/64";
}

}  // namespace aiim
