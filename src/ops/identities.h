// Who credentials belong to. Keeps what it learned about users and logins until somebody says that it changed (rows
// that every node polls every 2 s), so that a request costs no query. Thread-safe.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "core/jwt.h"
#include "ops/app.h"
#include "ops/external_keys.h"
#include "store/api_keys.h"

namespace aiim {

/// The bot that the environment's API key acts as.
constexpr std::string_view service_user_id = "service";

class Identities {
 public:
  /// `http` and `clock` must outlive it.
  Identities(const Settings& settings, HttpClient& http, const Clock& clock);
  ~Identities();

  /// May tokens be signed with this algorithm?
  bool accepts(JwtAlgorithm algorithm) const;
  /// The keys of the external issuer; null when there is none.
  ExternalKeys* external_keys() { return external_.get(); }

  /// A user seen for the first time is created. `unauthenticated` or `suspended`.
  Async<std::shared_ptr<const Identity>> from_token(App& app, std::string token);
  Async<std::shared_ptr<const Identity>> from_api_key(App& app, std::string key);
  /// Is this user active, and this credential (a login's sid or a key's id; may be empty) not revoked?
  Async<Nothing> check(App& app, std::string tenant_id, std::string user_id, std::string credential_id);

  void forget(std::string_view tenant_id, std::string_view user_id);

 private:
  struct Known;
  struct Cache;
  Async<Claims> verify(App& app, const std::string& token);
  /// The user and whether the credential holds, from the cache or the store.
  Async<std::shared_ptr<const Known>> look_up(App& app, std::string tenant_id, std::string user_id,
                                              std::string credential_id, std::string display_name, UserKind kind,
                                              bool create);
  /// The key in force; the environment's key is the bot `service` of the server's own tenant.
  Async<FoundApiKey> find_key(App& app, const std::string& key);
  const Settings& settings_;
  JwtKey key_;
  JwtRules rules_;
  JwtRules external_rules_;
  std::unique_ptr<ExternalKeys> external_;
  std::vector<JwtAlgorithm> algorithms_;
  std::string api_key_hash_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace aiim
