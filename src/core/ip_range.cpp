#include "core/ip_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace aiim {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

int bits_max(const IpAddress& address) { return address.v6 ? 128 : 32; }

/// The first `bits` bits of `address`, the others 0.
IpAddress masked(IpAddress address, int bits) {
  for (int i = 0; i < 16; ++i) {
    int kept = std::clamp(bits - 8 * i, 0, 8);
    address.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xFF00 >> kept);
  }
  return address;
}

std::optional<IpAddress> parse_v6(const std::string& text, bool& mapped) {
  IpAddress address;
  address.v6 = true;
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) != 1) return std::nullopt;
  mapped = std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.bytes.begin());
  if (!mapped) return address;
  IpAddress plain;
  std::copy(address.bytes.begin() + 12, address.bytes.end(), plain.bytes.begin());
  return plain;
}

std::optional<IpAddress> parse_any(std::string_view text, bool& mapped) {
  if (text.size() > 45) return std::nullopt;
  std::string terminated(text);
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  return parse_v6(terminated, mapped);
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  bool mapped = false;
  return parse_any(text, mapped);
}

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  return text;
}

bool IpRange::contains(const IpAddress& address) const {
  return address.v6 == base.v6 && masked(address, bits) == base;
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  auto slash = std::min(text.find('/'), text.size());
  bool mapped = false;
  auto address = parse_any(text.substr(0, slash), mapped);
  if (!address) return std::nullopt;
  int bits = bits_max(*address);
  if (slash < text.size()) {
    auto digits = text.substr(slash + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc() || digits.front() == '-' || end != digits.data() + digits.size()) return std::nullopt;
    if (mapped) bits -= 96;
  }
  if (bits < 0 || bits > bits_max(*address) || masked(*address, bits) != *address) return std::nullopt;
  return IpRange{*address, bits};
}

Result<std::vector<IpRange>> parse_ip_ranges(std::string_view text) {
  std::vector<IpRange> ranges;
  while (!text.empty()) {
    auto end = std::min(text.find_first_of(", "), text.size());
    auto item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    auto range = parse_ip_range(item);
    if (!range) {
      return Error(ErrorCode::invalid_request,
                   "must be addresses or blocks like 10.0.0.0/8, not \"" + std::string(item) + "\"");
    }
    if (ranges.size() >= ip_ranges_max) return Error(ErrorCode::invalid_request, "may hold at most 1,000 blocks");
    ranges.push_back(*range);
  }
  return ranges;
}

bool contains(const std::vector<IpRange>& ranges, const IpAddress& address) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const IpRange& range) { return range.contains(address); });
}

}  // namespace aiim
