#include "store/auth.h"

#include "store/users.h"

namespace aiim {
namespace {

const Statement select_password("select_password",
                                "SELECT password_hash FROM credentials WHERE tenant_id = $1 AND user_id = $2");
const Statement upsert_password(
    "upsert_password",
    "INSERT INTO credentials (tenant_id, user_id, password_hash, updated_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (tenant_id, user_id) DO UPDATE SET password_hash = excluded.password_hash, "
    "updated_at = excluded.updated_at");
const Statement insert_auth_session(
    "insert_auth_session",
    "INSERT INTO auth_sessions (tenant_id, session_id, user_id, refresh_hash, address, "
    "user_agent, created_at, last_used_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)");
#define LOGIN_COLUMNS \
  "session_id, user_id, refresh_hash, address, user_agent, created_at, last_used_at, expires_at, revoked_at"
const Statement select_auth_session("select_auth_session",
                                    "SELECT " LOGIN_COLUMNS
                                    " FROM auth_sessions WHERE tenant_id = $1 AND session_id = $2");
const Statement select_auth_sessions("select_auth_sessions",
                                     "SELECT " LOGIN_COLUMNS
                                     " FROM auth_sessions WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL "
                                     "AND expires_at > $3 ORDER BY last_used_at DESC LIMIT 200");
const Statement rotate_auth_session(
    "rotate_auth_session",
    "UPDATE auth_sessions SET refresh_hash = $4, last_used_at = $5, expires_at = $6 "
    "WHERE tenant_id = $1 AND session_id = $2 AND refresh_hash = $3 AND revoked_at IS NULL "
    "AND expires_at > $5");
const Statement revoke_auth_session(
    "revoke_auth_session",
    "UPDATE auth_sessions SET revoked_at = $4 WHERE tenant_id = $1 AND user_id = $2 AND "
    "session_id = $3 AND revoked_at IS NULL");
const Statement revoke_auth_sessions(
    "revoke_auth_sessions",
    "UPDATE auth_sessions SET revoked_at = $4 WHERE tenant_id = $1 AND user_id = $2 AND "
    "session_id <> $3 AND revoked_at IS NULL");
constexpr std::int64_t logins_per_sweep = 500;
// When the last login of one sweep ended.
const Statement select_sweep_end("select_sweep_end",
                                 "SELECT expires_at FROM auth_sessions WHERE expires_at < $1 ORDER BY expires_at "
                                 "LIMIT 1 OFFSET $2");
const Statement delete_auth_sessions("delete_auth_sessions", "DELETE FROM auth_sessions WHERE expires_at < $1");

Login login_from(const Row& row) {
  Login login;
  login.session_id = row.string(0);
  login.user_id = row.string(1);
  login.refresh_hash = row.string(2);
  login.address = row.string(3);
  login.user_agent = row.string(4);
  login.created_at = row.time(5);
  login.last_used_at = row.time(6);
  login.expires_at = row.time(7);
  login.revoked_at = row.optional_time(8);
  return login;
}

}  // namespace

Result<std::optional<std::string>> find_password_hash(Db& db, std::string_view tenant_id, std::string_view user_id) {
  std::optional<std::string> hash;
  TRY(db.run(select_password, {tenant_id, user_id}, [&](const Row& row) { hash = row.string(0); }));
  return hash;
}

Result<> set_password_hash(Tx& tx, std::string_view tenant_id, std::string_view user_id, std::string_view hash) {
  TRY(tx.db.run(upsert_password, {tenant_id, user_id, hash, tx.now}));
  return {};
}

Result<> insert_login(Tx& tx, std::string_view tenant_id, const Login& login) {
  TRY(tx.db.run(insert_auth_session, {tenant_id, login.session_id, login.user_id, login.refresh_hash, login.address,
                                      login.user_agent, tx.now, login.expires_at}));
  return {};
}

Result<std::optional<Login>> find_login(Db& db, std::string_view tenant_id, std::string_view session_id) {
  std::optional<Login> login;
  TRY(db.run(select_auth_session, {tenant_id, session_id}, [&](const Row& row) { login = login_from(row); }));
  return login;
}

Result<std::vector<Login>> list_logins(Db& db, std::string_view tenant_id, std::string_view user_id, Time now) {
  std::vector<Login> logins;
  TRY(db.run(select_auth_sessions, {tenant_id, user_id, now},
             [&](const Row& row) { logins.push_back(login_from(row)); }));
  return logins;
}

Result<bool> rotate_login(Tx& tx, std::string_view tenant_id, std::string_view session_id, std::string_view old_hash,
                          std::string_view new_hash, Time expires_at) {
  TRY_AS(changed, tx.db.run(rotate_auth_session, {tenant_id, session_id, old_hash, new_hash, tx.now, expires_at}));
  return changed == 1;
}

Result<std::int64_t> revoke_logins(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                                   std::string_view session_id, std::string_view except) {
  TRY_AS(revoked, session_id.empty() ? tx.db.run(revoke_auth_sessions, {tenant_id, user_id, except, tx.now})
                                     : tx.db.run(revoke_auth_session, {tenant_id, user_id, session_id, tx.now}));
  if (revoked > 0) {
    TRY(note_auth_change(tx, tenant_id, user_id));
  }
  return revoked;
}

Result<bool> sweep_logins(Tx& tx, Time before) {
  std::optional<Time> last;
  TRY(tx.db.run(select_sweep_end, {before, logins_per_sweep - 1}, [&](const Row& row) { last = row.time(0); }));
  TRY(tx.db.run(delete_auth_sessions, {last ? *last + 1 : before}));
  return last.has_value();
}

}  // namespace aiim
