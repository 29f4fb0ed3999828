#include "ops/auth.h"

#include "base/crypto.h"
#include "base/ids.h"
#include "base/log.h"
#include "core/address_rules.h"
#include "core/jwt.h"
#include "ops/common.h"
#include "ops/identities.h"
#include "ops/operation.h"
#include "ops/passwords.h"
#include "store/auth.h"
#include "store/users.h"

namespace aiim {
namespace {

// A refresh token is "<session_id>.<random>.<mac>": the mac tells a token that was once good from an invented one, so
// that nobody can end a login by its id alone. Only the hash of the whole is stored.
std::string mac_of(const App& app, std::string_view body) {
  return base64url(bytes_of(hmac_sha256(app.settings.jwt_secret, "refresh." + std::string(body))));
}

std::string make_refresh_token(const App& app, const std::string& session_id) {
  std::string body = session_id + "." + random_token(24);
  return body + "." + mac_of(app, body);
}

/// The session id of a token that this server made, now or earlier.
std::optional<std::string> session_of(const App& app, std::string_view token) {
  auto last = token.rfind('.'), first = token.find('.');
  if (token.size() > 256 || first == std::string_view::npos || last == first) return std::nullopt;
  if (!equal_constant_time(token.substr(last + 1), mac_of(app, token.substr(0, last)))) return std::nullopt;
  return std::string(token.substr(0, first));
}

std::string hash_token(std::string_view token) { return hex(bytes_of(sha256(token))); }

Error wrong_password() { return Error(ErrorCode::unauthenticated, "the user name or the password is wrong"); }
Error dead_token() { return Error(ErrorCode::unauthenticated, "the refresh token is not valid any more"); }

std::string access_token(const App& app, const User& user, const std::string& session_id, Time now) {
  Claims claims;
  claims.sub = user.user_id;
  claims.tenant_id = user.tenant_id;
  claims.sid = session_id;
  if (!app.settings.jwt_issuer.empty()) claims.iss = app.settings.jwt_issuer;
  if (!app.settings.jwt_audience.empty()) claims.aud = {app.settings.jwt_audience};
  claims.iat = now;
  claims.exp = now + app.settings.access_token_s * 1000;
  return sign_jwt(claims, app.settings.jwt_secret);
}

Tokens tokens_for(const App& app, User user, const std::string& session_id, std::string refresh_token) {
  Tokens tokens;
  tokens.access_token = access_token(app, user, session_id, app.clock.now());
  tokens.refresh_token = std::move(refresh_token);
  tokens.expires_in = app.settings.access_token_s;
  tokens.user = std::move(user);
  return tokens;
}

/// Opens a login inside the caller's transaction.
Result<Tokens> open_login(App& app, Tx& tx, const Caller& caller, User user, std::string_view operation) {
  Login login;
  login.session_id = make_id("sess_", tx.now);
  login.user_id = user.user_id;
  std::string refresh_token = make_refresh_token(app, login.session_id);
  login.refresh_hash = hash_token(refresh_token);
  login.address = caller.address;
  login.user_agent = caller.user_agent;
  login.expires_at = tx.now + app.settings.refresh_token_s * 1000;
  TRY(insert_login(tx, user.tenant_id, login));
  AuditEntry entry{user.tenant_id, user.user_id, operation, {}, login.session_id, caller.request_id, caller.address};
  TRY(write_audit(tx, entry));
  return tokens_for(app, std::move(user), login.session_id, std::move(refresh_token));
}

struct Account {
  std::string hash;
  std::optional<User> user;
};

Async<Account> find_account(App& app, std::string username) {
  std::function<Result<Account>(Db&)> read = [&](Db& db) -> Result<Account> {
    TRY_AS(hash, find_password_hash(db, app.settings.tenant_id, username));
    TRY_AS(user, find_user(db, app.settings.tenant_id, username));
    return Account{hash.value_or(""), std::move(user)};
  };
  co_return co_await app.store.read<Account>(std::move(read));
}

/// Counts the try, too: before the slow check, so that guesses sent at once count as well.
Result<> may_try(App& app, const std::string& account, const std::string& address) {
  auto wait = app.passwords.backoff.attempt(account, address, steady_ms());
  if (wait == 0) return {};
  Error error(ErrorCode::rate_limited, "too many failed logins; wait before the next try");
  error.retry_after_ms = wait;
  return error;
}

/// Logins end in tokens that this server signs itself.
Result<> local_accounts_open(const App& app) {
  if (app.identities.accepts(JwtAlgorithm::HS256)) return {};
  return Error(ErrorCode::forbidden, "this server has no local accounts: JWT_ALGORITHM leaves HS256 out");
}

}  // namespace

Async<Tokens> login(App& app, Caller caller, LoginRequest request) {
  CO_TRY(local_accounts_open(app));
  if (!valid_user_id(request.username) || request.password.size() > password_bytes_max) co_return wrong_password();
  const std::string address = limited_address(caller.address);
  CO_TRY(may_try(app, request.username, address));
  CO_TRY_AS(found, co_await find_account(app, request.username));
  CO_TRY_AS(good, co_await app.passwords.verify(found.hash, std::move(request.password)));
  if (!good || !found.user) {
    log_info("login_failed",
             {{"request_id", caller.request_id}, {"address", caller.address}, {"user_id", request.username}});
    co_return wrong_password();
  }
  app.passwords.backoff.succeeded(request.username, address);
  if (found.user->status == UserStatus::suspended) co_return Error(ErrorCode::suspended);
  std::function<Result<Tokens>(Tx&)> job = [&](Tx& tx) { return open_login(app, tx, caller, *found.user, "login"); };
  co_return co_await app.store.write<Tokens>(std::move(job));
}

Async<Tokens> register_account(App& app, Caller caller, RegisterRequest request) {
  CO_TRY(local_accounts_open(app));
  if (!app.settings.registration) co_return Error(ErrorCode::forbidden, "registration is not open on this server");
  if (!valid_user_id(request.username))
    co_return Error::field("username", "must be 1 to 64 of A-Z a-z 0-9 . _ : @ | + -");
  CO_TRY(check_password_rules(request.password));
  if (request.display_name) {
    CO_TRY(check_name("display_name", *request.display_name));
  }
  CO_TRY_AS(hash, co_await app.passwords.hash(std::move(request.password)));
  std::function<Result<Tokens>(Tx&)> job = [&](Tx& tx) -> Result<Tokens> {
    // Somebody known under this id, even without a password, is not for a stranger to take over; nor is the environment
    // key's bot, which is not known before its first request.
    TRY_AS(taken, find_user(tx.db, app.settings.tenant_id, request.username));
    if (taken || request.username == service_user_id) return Error(ErrorCode::conflict, "this user name is taken");
    TRY_AS(user, ensure_user(tx, app.settings.tenant_id, request.username, request.display_name.value_or("")));
    TRY(set_password_hash(tx, user.tenant_id, user.user_id, hash));
    return open_login(app, tx, caller, std::move(user), "register");
  };
  co_return co_await app.store.write<Tokens>(std::move(job));
}

Async<Tokens> refresh(App& app, Caller caller, RefreshRequest request) {
  CO_TRY(local_accounts_open(app));
  std::optional<std::string> genuine = session_of(app, request.refresh_token);
  if (!genuine) co_return dead_token();
  const std::string& session_id = *genuine;
  const std::string& tenant_id = app.settings.tenant_id;
  std::string owner;  // of a login that was ended
  std::function<Result<std::optional<Tokens>>(Tx&)> job = [&](Tx& tx) -> Result<std::optional<Tokens>> {
    TRY_AS(login, find_login(tx.db, tenant_id, session_id));
    if (!login || login->revoked_at) return dead_token();
    TRY_AS(user, find_user(tx.db, tenant_id, login->user_id));
    if (!user) return dead_token();
    if (user->status == UserStatus::suspended) return Error(ErrorCode::suspended);
    std::string next = make_refresh_token(app, session_id);
    Time expires = tx.now + app.settings.refresh_token_s * 1000;
    TRY_AS(rotated,
           rotate_login(tx, tenant_id, session_id, hash_token(request.refresh_token), hash_token(next), expires));
    if (rotated) return std::optional(tokens_for(app, std::move(*user), session_id, std::move(next)));
    if (login->expires_at <= tx.now) return dead_token();
    // A token of this login that is not the newest: it was stolen, or its thief was first. End the login for both.
    owner = login->user_id;
    TRY(revoke_logins(tx, tenant_id, login->user_id, session_id));
    AuditEntry entry{tenant_id, login->user_id, "refresh_reused", {}, session_id, caller.request_id, caller.address};
    TRY(write_audit(tx, entry));
    return std::optional<Tokens>();
  };
  CO_TRY_AS(tokens, co_await app.store.write<std::optional<Tokens>>(std::move(job)));
  if (!tokens) {
    app.identities.forget(tenant_id, owner);
    co_return dead_token();
  }
  co_return std::move(*tokens);
}

Async<Nothing> logout(App& app, Caller caller, LogoutRequest request) {
  std::string session_id = caller.identity->credential_id;
  if (session_id.empty() && request.refresh_token)
    session_id = request.refresh_token->substr(0, request.refresh_token->find('.'));
  if (session_id.empty()) co_return Nothing();  // a token made elsewhere: nothing of ours to end
  std::function<Result<Nothing>(Tx&)> job = [&](Tx& tx) -> Result<Nothing> {
    TRY(revoke_logins(tx, caller.tenant_id(), caller.user_id(), session_id));
    TRY(audit(tx, caller, "logout", {}, session_id));
    return Nothing();
  };
  Result<Nothing> done = co_await app.store.write<Nothing>(std::move(job));
  app.identities.forget(caller.tenant_id(), caller.user_id());
  co_return done;
}

Async<LoginsReply> list_sessions(App& app, Caller caller, Nothing) {
  std::function<Result<LoginsReply>(Db&)> job = [&](Db& db) -> Result<LoginsReply> {
    TRY_AS(logins, list_logins(db, caller.tenant_id(), caller.user_id(), app.clock.now()));
    LoginsReply reply;
    for (Login& login : logins) {
      bool current = login.session_id == caller.identity->credential_id;
      reply.sessions.push_back({std::move(login.session_id), std::move(login.address), std::move(login.user_agent),
                                login.created_at, login.last_used_at, login.expires_at, current});
    }
    return reply;
  };
  co_return co_await app.store.read<LoginsReply>(std::move(job));
}

Async<Nothing> revoke_sessions(App& app, Caller caller, RevokeRequest request) {
  std::function<Result<Nothing>(Tx&)> job = [&](Tx& tx) -> Result<Nothing> {
    std::string target = request.session_id.value_or("");
    TRY_AS(revoked, revoke_logins(tx, caller.tenant_id(), caller.user_id(), target, caller.identity->credential_id));
    if (!target.empty() && revoked == 0) return Error(ErrorCode::not_found);
    TRY(audit(tx, caller, "revoke_sessions", {}, target));
    return Nothing();
  };
  Result<Nothing> done = co_await app.store.write<Nothing>(std::move(job));
  app.identities.forget(caller.tenant_id(), caller.user_id());
  co_return done;
}

OPERATION(login);
OPERATION(register_account);
OPERATION(refresh);
OPERATION(logout);
OPERATION(list_sessions);
OPERATION(revoke_sessions);

}  // namespace aiim
