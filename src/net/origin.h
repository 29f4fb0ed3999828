// Which web pages may talk to this server: the Origin header against ALLOWED_ORIGINS (RFC 6454, Fetch's CORS). Pure.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace aiim {

/// `allowed` empty: only the page's own server (the origin's host and port are the request's Host); "*": every origin.
/// A missing Origin is not a browser's cross-site request: allowed.
bool origin_allowed(std::string_view origin, std::string_view host, std::span<const std::string> allowed);

}  // namespace aiim
