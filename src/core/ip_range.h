// IP addresses and blocks of them, version 4 and 6. An IPv4 address written as IPv6 (::ffff:10.0.0.1) is the IPv4 one.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aiim {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 in the first four
  bool v6 = false;
  bool operator==(const IpAddress&) const = default;
};

/// "10.0.0.1", "2001:db8::1"; no zone, no port.
std::optional<IpAddress> parse_ip(std::string_view text);
std::string to_text(const IpAddress& address);

/// A block in CIDR notation; a single address is a block of one. Bits beyond the prefix must be 0.
struct IpRange {
  IpAddress base;
  int bits = 0;
  bool contains(const IpAddress& address) const;
};
std::optional<IpRange> parse_ip_range(std::string_view text);

constexpr std::size_t ip_ranges_max = 1000;
/// Blocks separated by commas or blanks, at most 1,000. The error names the one that is none.
Result<std::vector<IpRange>> parse_ip_ranges(std::string_view text);
bool contains(const std::vector<IpRange>& ranges, const IpAddress& address);

}  // namespace aiim
