// Whose request is it, and may it come from there: the client's address behind trusted proxies, and the lists of
// addresses that are let in or kept out. Pure; immutable after the start.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/ip_range.h"

namespace aiim {

struct AddressRules {
  std::vector<IpRange> trusted_proxies;
  std::vector<IpRange> allow;  // empty: everybody who is not denied
  std::vector<IpRange> deny;   // wins over `allow`

  /// The address that a connection from `peer` speaks for. Each trusted proxy appends whom it saw to X-Forwarded-For,
  /// so the list is read from its right end: as long as the address at hand is a trusted proxy, the next entry counts.
  /// What an untrusted peer writes, and everything left of it, is ignored; an entry that is no address ends the walk.
  std::string client_address(std::string_view peer, std::string_view forwarded_for) const;
  bool admits(std::string_view address) const;
};

/// What limits count by: an IPv4 address, or the /64 that an IPv6 subscriber has to himself.
std::string limited_address(std::string_view address);

}  // namespace aiim
