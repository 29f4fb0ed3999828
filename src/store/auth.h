// Passwords, logins (refresh token families) and API keys. Only hashes are stored.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"
#include "store/store.h"

namespace aiim {

Result<std::optional<std::string>> find_password_hash(Db& db, std::string_view tenant_id, std::string_view user_id);
Result<> set_password_hash(Tx& tx, std::string_view tenant_id, std::string_view user_id, std::string_view hash);

/// One login: a family of refresh tokens, of which only the newest is good.
struct Login {
  std::string session_id;
  std::string user_id;
  std::string refresh_hash;
  std::string address;
  std::string user_agent;
  Time created_at;
  Time last_used_at;
  Time expires_at;
  std::optional<Time> revoked_at;
};
Result<> insert_login(Tx& tx, std::string_view tenant_id, const Login& login);
Result<std::optional<Login>> find_login(Db& db, std::string_view tenant_id, std::string_view session_id);
Result<std::vector<Login>> list_logins(Db& db, std::string_view tenant_id, std::string_view user_id, Time now);
/// Replaces the refresh token; false when `old_hash` is no longer the newest (or the login is revoked or expired).
Result<bool> rotate_login(Tx& tx, std::string_view tenant_id, std::string_view session_id, std::string_view old_hash,
                          std::string_view new_hash, Time expires_at);
/// Revokes one login, or with an empty id all of the user's but `except`. Returns how many. Sessions are told.
Result<std::int64_t> revoke_logins(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                                   std::string_view session_id, std::string_view except = {});
/// Deletes logins that ended before `before`, some hundreds of them; true when there may be more.
Result<bool> sweep_logins(Tx& tx, Time before);

}  // namespace aiim
