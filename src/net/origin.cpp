#include "net/origin.h"

#include "net/text.h"

namespace aiim {
namespace {

// Without the port that the scheme implies, and without a slash that somebody put into the settings.
std::string_view without_default_port(std::string_view host, std::string_view scheme) {
  if (host.ends_with('/')) host.remove_suffix(1);
  if (equal_ignoring_case(scheme, "http") && host.ends_with(":80")) host.remove_suffix(3);
  if (equal_ignoring_case(scheme, "https") && host.ends_with(":443")) host.remove_suffix(4);
  return host;
}

struct Parts {
  std::string_view scheme;
  std::string_view host;
};

Parts split(std::string_view origin) {
  auto colon = origin.find("://");
  if (colon == origin.npos) return {};
  auto scheme = origin.substr(0, colon);
  return {scheme, without_default_port(origin.substr(colon + 3), scheme)};
}

}  // namespace

bool origin_allowed(std::string_view origin, std::string_view host, std::span<const std::string> allowed) {
  if (origin.empty()) return true;
  auto [scheme, origin_host] = split(origin);
  for (auto& each : allowed) {
    if (each == "*") return true;
    auto [each_scheme, each_host] = split(each);
    if (!each_host.empty() && equal_ignoring_case(scheme, each_scheme) && equal_ignoring_case(origin_host, each_host)) {
      return true;
    }
  }
  // The page that this server sent may always talk to it. The scheme is not compared: TLS may end in front of us.
  if (origin_host.empty()) return false;
  return equal_ignoring_case(origin_host, without_default_port(host, scheme));
}

}  // namespace aiim
