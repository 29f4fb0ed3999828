#include "main/user_commands.h"

#include "core/jwt.h"
#include "main/data_dir.h"
#include "ops/passwords.h"
#include "store/api_keys.h"
#include "store/audit.h"
#include "store/auth.h"
#include "store/migrate.h"
#include "store/users.h"

namespace aiim {
namespace {

std::string_view name_of_command(UserCommand::What what) {
  switch (what) {
    case UserCommand::What::add: return "user.add";
    case UserCommand::What::passwd: return "user.passwd";
    case UserCommand::What::suspend: return "user.suspend";
    case UserCommand::What::activate: return "user.activate";
  }
  return "user";
}

Result<User> add_user(Tx& tx, const UserCommand& command) {
  TRY_AS(taken, find_user(tx.db, command.tenant_id, command.user_id));
  if (taken) return Error(ErrorCode::conflict, "there is a user " + command.user_id + " already");
  TRY_AS(user, ensure_user(tx, command.tenant_id, command.user_id, command.display_name));
  if (!command.admin) return std::move(user);
  UserChange change;
  change.role = UserRole::admin;
  return change_user(tx, command.tenant_id, command.user_id, change);
}

Result<User> existing_user(Tx& tx, const UserCommand& command) {
  TRY_AS(found, find_user(tx.db, command.tenant_id, command.user_id));
  if (!found) return Error(ErrorCode::not_found, "there is no user " + command.user_id);
  return *found;
}

Result<User> change_status(Tx& tx, const UserCommand& command, UserStatus status) {
  TRY_AS(user, existing_user(tx, command));
  UserChange change;
  change.status = status;
  (void)user;
  return change_user(tx, command.tenant_id, command.user_id, change);
}

Result<User> apply(Tx& tx, const UserCommand& command, const std::string& hash) {
  using What = UserCommand::What;
  switch (command.what) {
    case What::suspend: return change_status(tx, command, UserStatus::suspended);
    case What::activate: return change_status(tx, command, UserStatus::active);
    case What::add:
    case What::passwd: break;
  }
  TRY_AS(user, command.what == What::add ? add_user(tx, command) : existing_user(tx, command));
  if (!hash.empty()) {
    TRY(set_password_hash(tx, command.tenant_id, command.user_id, hash));
  }
  if (command.what == What::passwd) {  // whoever knew the old password is out
    TRY(revoke_logins(tx, command.tenant_id, command.user_id, {}));
  }
  return std::move(user);
}

}  // namespace

Result<> in_database(const Settings& settings, const std::function<Result<>(Tx&)>& job) {
  TRY(check_data_dir(settings));
  TRY_AS(db, open_db(settings.database));
  TRY(migrate_up(*db));
  TRY_AS(now, db->begin_write(SystemClock().now()));
  Tx tx{*db, now, std::make_shared<EventBatch>()};  // the events are hints; the server polls for what counts
  if (Result<> done = job(tx); !done) {
    db->rollback();
    return done;
  }
  return db->commit();
}

Result<User> run_user_command(const Settings& settings, const UserCommand& command) {
  if (!valid_user_id(command.user_id)) return Error::field("user", "must be 1 to 64 of A-Z a-z 0-9 . _ : @ | + -");
  if (!valid_tenant_id(command.tenant_id)) return Error::field("tenant", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
  std::string hash;
  if (command.password) {
    TRY(check_password_rules(*command.password));
    TRY_AS(hashed, hash_password(*command.password));
    hash = hashed;
  }
  std::optional<User> user;
  auto job = [&](Tx& tx) -> Result<> {
    TRY_AS(changed, apply(tx, command, hash));
    user = changed;
    AuditEntry entry{command.tenant_id, "cli", name_of_command(command.what), {}, command.user_id};
    return write_audit(tx, entry);
  };
  TRY(in_database(settings, job));
  return *user;
}

Result<std::vector<User>> all_users(const Settings& settings, const std::string& tenant_id) {
  std::vector<User> users;
  auto job = [&](Tx& tx) -> Result<> {
    std::optional<std::string> after = "";
    while (after) {
      TRY_AS(page, list_users(tx.db, tenant_id, *after, 1000));
      std::move(page.users.begin(), page.users.end(), std::back_inserter(users));
      after = page.next_cursor;
    }
    return {};
  };
  TRY(in_database(settings, job));
  return users;
}

namespace {

Result<> audited(Tx& tx, const std::string& tenant_id, std::string_view operation, std::string_view target) {
  AuditEntry entry{tenant_id, "cli", operation, {}, target};
  return write_audit(tx, entry);
}

}  // namespace

Result<NewApiKey> make_api_key(const Settings& settings, const std::string& tenant_id, const std::string& user_id,
                               const std::string& name, const std::vector<ApiScope>& scopes) {
  if (!valid_user_id(user_id)) return Error::field("USER", "must be 1 to 64 of A-Z a-z 0-9 . _ : @ | + -");
  if (!valid_tenant_id(tenant_id)) return Error::field("tenant", "must be 1 to 64 of A-Z a-z 0-9 . _ -");
  std::optional<NewApiKey> made;
  auto job = [&](Tx& tx) -> Result<> {
    TRY_AS(key, create_api_key(tx, tenant_id, user_id, name, scopes));
    made = key;
    return audited(tx, tenant_id, "apikey.create", key.api_key.key_id);
  };
  TRY(in_database(settings, job));
  return *made;
}

Result<ApiKeys> all_api_keys(const Settings& settings, const std::string& tenant_id) {
  ApiKeys keys;
  auto job = [&](Tx& tx) -> Result<> {
    TRY_AS(list, list_api_keys(tx.db, tenant_id));
    keys = std::move(list);
    return {};
  };
  TRY(in_database(settings, job));
  return keys;
}

Result<> end_api_key(const Settings& settings, const std::string& tenant_id, const std::string& key_id) {
  auto job = [&](Tx& tx) -> Result<> {
    TRY(revoke_api_key(tx, tenant_id, key_id));
    return audited(tx, tenant_id, "apikey.revoke", key_id);
  };
  return in_database(settings, job);
}

std::string token_for(const Settings& settings, const std::string& tenant_id, const std::string& user_id,
                      std::int64_t ttl_s) {
  Claims claims;
  claims.sub = user_id;
  claims.tenant_id = tenant_id;
  if (!settings.jwt_issuer.empty()) claims.iss = settings.jwt_issuer;
  if (!settings.jwt_audience.empty()) claims.aud = {settings.jwt_audience};
  Time now = SystemClock().now();
  claims.iat = now;
  claims.exp = now + ttl_s * 1000;
  return sign_jwt(claims, settings.jwt_secret);
}

}  // namespace aiim
