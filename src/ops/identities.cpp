#include "ops/identities.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "base/crypto.h"
#include "ops/dispatch.h"
#include "store/api_keys.h"
#include "store/auth.h"
#include "store/users.h"

namespace aiim {

/// What is known of a user with one credential. Immutable: shared by all who look it up at the same moment.
struct Identities::Known {
  UserKind kind = UserKind::human;
  UserRole role = UserRole::user;
  UserStatus status = UserStatus::active;
  bool credential_good = true;
  std::int64_t learned_ms = 0;
};

struct Identities::Cache {
  static constexpr std::size_t shards = 16;
  static constexpr std::size_t users_per_shard_max = 8192;
  static constexpr std::size_t credentials_max = 64;
  static constexpr std::int64_t keep_ms = 60'000;  // even if a change was missed

  using ByCredential = std::unordered_map<std::string, std::shared_ptr<const Known>>;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, ByCredential> users;
  };
  std::array<Shard, shards> table;
  std::atomic<std::uint64_t> forgotten{0};  // counts forget(): what was read before must not be kept after

  static std::string key(std::string_view tenant_id, std::string_view user_id) {
    return std::string(tenant_id).append("/").append(user_id);
  }
  Shard& shard(const std::string& key) { return table[std::hash<std::string>{}(key) % shards]; }

  std::shared_ptr<const Known> find(const std::string& user, const std::string& credential) {
    Shard& s = shard(user);
    std::lock_guard lock(s.mutex);
    auto entry = s.users.find(user);
    if (entry == s.users.end()) return nullptr;
    auto known = entry->second.find(credential);
    if (known == entry->second.end() || known->second->learned_ms + keep_ms < steady_ms()) return nullptr;
    return known->second;
  }
  void keep(const std::string& user, const std::string& credential, std::shared_ptr<const Known> known,
            std::uint64_t before) {
    Shard& s = shard(user);
    std::lock_guard lock(s.mutex);
    if (forgotten.load() != before) return;
    if (s.users.size() >= users_per_shard_max) s.users.erase(s.users.begin());
    ByCredential& entry = s.users[user];
    if (entry.size() >= credentials_max) entry.clear();
    entry[credential] = std::move(known);
  }
  void forget(const std::string& user) {
    Shard& s = shard(user);
    std::lock_guard lock(s.mutex);
    ++forgotten;
    s.users.erase(user);
  }
};

namespace {

JwtKey key_from(const Settings& settings) {
  auto key = JwtKey::hs256(settings.jwt_secret);
  if (!key) throw std::logic_error("JWT_SECRET was not checked at the start: " + key.error().detail);
  return std::move(*key);
}

std::vector<JwtAlgorithm> algorithms_of(const Settings& settings) {
  using enum JwtAlgorithm;
  std::vector<JwtAlgorithm> algorithms;
  for (const std::string& name : settings.jwt_algorithms) {
    if (auto algorithm = jwt_algorithm(name)) algorithms.push_back(*algorithm);
  }
  if (!algorithms.empty()) return algorithms;
  bool external = !settings.jwks_url.empty() || !settings.oidc_issuer.empty();
  return external ? std::vector{HS256, RS256, ES256, EdDSA} : std::vector{HS256};
}

Error refused(std::string detail) { return Error(ErrorCode::unauthenticated, std::move(detail)); }

}  // namespace

Identities::Identities(const Settings& settings, HttpClient& http, const Clock& clock)
    : settings_(settings), key_(key_from(settings)), cache_(std::make_unique<Cache>()) {
  if (!settings.jwt_issuer.empty()) rules_.issuer = settings.jwt_issuer;
  if (!settings.jwt_audience.empty()) rules_.audience = settings.jwt_audience;
  external_rules_ = rules_;
  if (!settings.oidc_issuer.empty()) external_rules_.issuer = settings.oidc_issuer;
  if (!settings.jwks_url.empty() || !settings.oidc_issuer.empty()) {
    ExternalKeys::Source source{settings.jwks_url, settings.oidc_issuer, settings.outbound_plain};
    external_ = std::make_unique<ExternalKeys>(http, clock, std::move(source));
  }
  algorithms_ = algorithms_of(settings);
  if (!settings.api_key.empty()) api_key_hash_ = bytes_of(sha256(settings.api_key));
}

Identities::~Identities() = default;

void Identities::forget(std::string_view tenant_id, std::string_view user_id) {
  cache_->forget(Cache::key(tenant_id, user_id));
}

Async<std::shared_ptr<const Identities::Known>> Identities::look_up(App& app, std::string tenant_id,
                                                                    std::string user_id, std::string credential_id,
                                                                    std::string display_name, UserKind kind,
                                                                    bool create) {
  std::string key = Cache::key(tenant_id, user_id);
  if (auto known = cache_->find(key, credential_id)) co_return known;
  std::uint64_t before = cache_->forgotten.load();
  auto fresh = std::make_shared<Known>();
  fresh->learned_ms = steady_ms();
  std::function<Result<std::optional<User>>(Db&)> read = [&](Db& db) -> Result<std::optional<User>> {
    if (is_api_key_id(credential_id)) {
      TRY_AS(good, api_key_is_good(db, tenant_id, credential_id));
      fresh->credential_good = good;
    } else if (!credential_id.empty()) {
      TRY_AS(login, find_login(db, tenant_id, credential_id));
      fresh->credential_good = login && login->user_id == user_id && !login->revoked_at;
    }
    return find_user(db, tenant_id, user_id);
  };
  CO_TRY_AS(found, co_await app.store.read<std::optional<User>>(std::move(read)));
  if (!found && !create) co_return refused("there is no such user");
  if (!found) {
    std::function<Result<std::optional<User>>(Tx&)> make = [&](Tx& tx) -> Result<std::optional<User>> {
      TRY_AS(made, ensure_user(tx, tenant_id, user_id, display_name, kind));
      return std::optional(std::move(made));
    };
    Result<std::optional<User>> made = co_await app.store.write<std::optional<User>>(std::move(make));
    if (!made) co_return std::move(made).error();
    found = std::move(*made);
  }
  fresh->kind = found->kind;
  fresh->role = found->role;
  fresh->status = found->status;
  cache_->keep(key, credential_id, fresh, before);
  co_return std::shared_ptr<const Known>(fresh);
}

bool Identities::accepts(JwtAlgorithm algorithm) const {
  return std::find(algorithms_.begin(), algorithms_.end(), algorithm) != algorithms_.end();
}

// The secret verifies HS256 alone and a published key its own algorithm alone: a token's header chooses among the keys
// of one kind and never what is done with a key.
Async<Claims> Identities::verify(App& app, const std::string& token) {
  auto header = jwt_header(token);
  if (!header) co_return verify_jwt(token, key_, rules_, app.clock.now());  // names what is wrong
  auto algorithm = jwt_algorithm(header->alg);
  if (!algorithm || !accepts(*algorithm))
    co_return refused("the token is signed with an algorithm that is not accepted");
  if (*algorithm == JwtAlgorithm::HS256) co_return verify_jwt(token, key_, rules_, app.clock.now());
  if (!external_) co_return refused("the token comes from an issuer that is not known here");
  CO_TRY_AS(keys, co_await external_->find(*algorithm, header->kid));
  Result<Claims> claims = refused("the token is signed with a key that its issuer does not publish");
  for (const JwtKey& key : keys) {
    claims = verify_jwt(token, key, external_rules_, app.clock.now());
    if (claims) break;
  }
  if (claims) claims->sid.reset();  // names a session of the issuer's, not a login here
  co_return claims;
}

Async<std::shared_ptr<const Identity>> Identities::from_token(App& app, std::string token) {
  CO_TRY_AS(claims, co_await verify(app, token));
  auto identity = std::make_shared<Identity>();
  identity->tenant_id = claims.tenant_id.value_or(settings_.tenant_id);
  identity->user_id = claims.sub;
  identity->credential_id = claims.sid.value_or("");
  identity->expires_at = claims.exp;
  CO_TRY_AS(known, co_await look_up(app, identity->tenant_id, identity->user_id, identity->credential_id,
                                    claims.name.value_or(""), UserKind::human, true));
  if (!known->credential_good) co_return refused("the login behind this token was revoked");
  if (known->status == UserStatus::suspended) co_return Error(ErrorCode::suspended);
  identity->kind = known->kind;
  identity->role = known->role;
  co_return std::shared_ptr<const Identity>(std::move(identity));
}

Async<FoundApiKey> Identities::find_key(App& app, const std::string& key) {
  if (!api_key_hash_.empty() && equal_constant_time(bytes_of(sha256(key)), api_key_hash_)) {
    FoundApiKey service{settings_.tenant_id, {}};
    service.api_key.user_id = service_user_id;
    co_return service;
  }
  if (key.size() > 256) co_return refused("the API key is not known");
  std::function<Result<std::optional<FoundApiKey>>(Db&)> read = [&](Db& db) { return find_api_key(db, key); };
  CO_TRY_AS(found, co_await app.store.read<std::optional<FoundApiKey>>(std::move(read)));
  if (!found || found->api_key.revoked_at) co_return refused("the API key is not known");
  constexpr std::int64_t note_every_ms = 60'000;
  if (!found->api_key.last_used_at || app.clock.now() - *found->api_key.last_used_at > note_every_ms) {
    std::function<Result<Nothing>(Tx&)> use = [&](Tx& tx) -> Result<Nothing> {
      TRY(note_api_key_use(tx, found->tenant_id, found->api_key.key_id));
      return Nothing();
    };
    Result<Nothing> noted = co_await app.store.write<Nothing>(std::move(use));
    if (!noted) co_return std::move(noted).error();
  }
  co_return std::move(*found);
}

Async<std::shared_ptr<const Identity>> Identities::from_api_key(App& app, std::string key) {
  CO_TRY_AS(found, co_await find_key(app, key));
  auto identity = std::make_shared<Identity>();
  identity->tenant_id = found.tenant_id;
  identity->user_id = found.api_key.user_id;
  identity->credential_id = found.api_key.key_id;
  const auto& scopes = found.api_key.scopes;
  auto covers = [&](ApiScope scope) {
    return scopes.empty() || std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
  };
  identity->may_read = covers(ApiScope::read);
  identity->may_write = covers(ApiScope::write);
  CO_TRY_AS(known, co_await look_up(app, identity->tenant_id, identity->user_id, identity->credential_id, std::string(),
                                    UserKind::bot, true));
  if (!known->credential_good) co_return refused("the API key was revoked");
  if (known->status == UserStatus::suspended) co_return Error(ErrorCode::suspended);
  identity->kind = known->kind;
  identity->role = known->role;
  co_return std::shared_ptr<const Identity>(std::move(identity));
}

Async<Nothing> Identities::check(App& app, std::string tenant_id, std::string user_id, std::string credential_id) {
  CO_TRY_AS(known, co_await look_up(app, std::move(tenant_id), std::move(user_id), std::move(credential_id),
                                    std::string(), UserKind::human, false));
  if (!known->credential_good) co_return refused("the login was revoked");
  if (known->status == UserStatus::suspended) co_return Error(ErrorCode::suspended);
  co_return Nothing();
}

Async<std::shared_ptr<const Identity>> authenticate(App& app, Credentials credentials) {
  if (!credentials.bearer.empty()) co_return co_await app.identities.from_token(app, std::move(credentials.bearer));
  if (!credentials.api_key.empty()) co_return co_await app.identities.from_api_key(app, std::move(credentials.api_key));
  co_return refused("send a token as Authorization: Bearer, or a key as X-API-Key");
}

}  // namespace aiim
