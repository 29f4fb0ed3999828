#include "main/access_settings.h"

#include <unistd.h>

#include <algorithm>

#include "core/ip_range.h"
#include "core/jwt.h"
#include "outbound/http_client.h"

namespace aiim {
namespace {

Error refuse(const std::string& what) { return Error(ErrorCode::invalid_request, what); }

std::vector<std::string> items_of(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    auto end = std::min(text.find_first_of(", "), text.size());
    if (end > 0) items.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return items;
}

bool external(const Settings& settings) { return !settings.jwks_url.empty() || !settings.oidc_issuer.empty(); }

Result<> check_urls(const Settings& settings) {
  if (!settings.jwks_url.empty()) {
    auto sound = check_outbound_url(settings.jwks_url, settings.outbound_plain);
    if (!sound) return refuse("AIIM_JWKS_URL " + sound.error().detail);
  } else if (!settings.oidc_issuer.empty()) {
    auto sound = check_outbound_url(settings.oidc_issuer, settings.outbound_plain);
    if (!sound) return refuse("AIIM_OIDC_ISSUER " + sound.error().detail);
  }
  if (!settings.outbound_ca_file.empty() && access(settings.outbound_ca_file.c_str(), R_OK) != 0) {
    return refuse("AIIM_OUTBOUND_CA_FILE: cannot read " + settings.outbound_ca_file);
  }
  return {};
}

}  // namespace

std::optional<std::string> set_algorithms(Settings& settings, const std::string& text) {
  settings.jwt_algorithms.clear();
  for (std::string& name : items_of(text)) {
    if (!jwt_algorithm(name)) return "must be HS256, RS256, ES256 or EdDSA, or a list of them, not \"" + name + "\"";
    settings.jwt_algorithms.push_back(std::move(name));
  }
  return std::nullopt;
}

std::optional<std::string> set_ranges(std::string& into, const std::string& text) {
  auto ranges = parse_ip_ranges(text);
  if (!ranges) return ranges.error().detail;
  into = text;
  return std::nullopt;
}

std::string show_algorithms(const Settings& settings) {
  if (settings.jwt_algorithms.empty()) return external(settings) ? "HS256,RS256,ES256,EdDSA" : "HS256";
  std::string text;
  for (const auto& name : settings.jwt_algorithms) text += (text.empty() ? "" : ",") + name;
  return text;
}

Result<> check_issuer(const Settings& settings) {
  TRY(check_urls(settings));
  const auto& names = settings.jwt_algorithms;
  bool published = std::any_of(names.begin(), names.end(), [](const auto& name) { return name != "HS256"; });
  if (published && !external(settings)) {
    return refuse("JWT_ALGORITHM " + show_algorithms(settings) +
                  " needs AIIM_JWKS_URL or AIIM_OIDC_ISSUER: from where the keys come");
  }
  if (external(settings) && !names.empty() && !published) {
    return refuse(
        "JWT_ALGORITHM HS256 leaves no use for AIIM_JWKS_URL and AIIM_OIDC_ISSUER: name RS256, ES256 or EdDSA too");
  }
  return {};
}

}  // namespace aiim
