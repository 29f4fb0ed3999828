#include "store/api_keys.h"

#include "base/crypto.h"
#include "base/ids.h"
#include "store/users.h"

namespace aiim {
namespace {

constexpr std::string_view id_prefix = "key_";
constexpr std::size_t keys_listed_max = 1000;

#define API_KEY_COLUMNS "tenant_id, key_id, user_id, name, scopes, created_at, last_used_at, revoked_at"

const Statement insert_api_key("insert_api_key",
                               "INSERT INTO api_keys (tenant_id, key_id, user_id, key_hash, name, scopes, created_at) "
                               "VALUES ($1, $2, $3, $4, $5, $6, $7)");
const Statement select_by_hash("select_api_key_by_hash",
                               "SELECT " API_KEY_COLUMNS " FROM api_keys WHERE key_hash = $1");
const Statement select_by_id("select_api_key",
                             "SELECT " API_KEY_COLUMNS " FROM api_keys WHERE tenant_id = $1 AND key_id = $2");
const Statement select_all("select_api_keys",
                           "SELECT " API_KEY_COLUMNS
                           " FROM api_keys WHERE tenant_id = $1 AND key_id > $2 ORDER BY key_id LIMIT $3");
const Statement update_used("update_api_key_used",
                            "UPDATE api_keys SET last_used_at = $3 WHERE tenant_id = $1 AND key_id = $2");
const Statement update_revoked(
    "update_api_key_revoked",
    "UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND key_id = $2 AND revoked_at IS NULL "
    "RETURNING user_id");

std::string hash_of(std::string_view key) { return hex(bytes_of(sha256(key))); }

std::string text_of(const std::vector<ApiScope>& scopes) {
  std::string text;
  for (ApiScope scope : scopes) text.append(text.empty() ? "" : " ").append(name_of(scope));
  return text;
}

std::vector<ApiScope> scopes_of(std::string_view text) {
  std::vector<ApiScope> scopes;
  while (!text.empty()) {
    auto space = std::min(text.find(' '), text.size());
    if (auto scope = named<ApiScope>(text.substr(0, space))) scopes.push_back(*scope);
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return scopes;
}

ApiKey key_from(const Row& row) {
  return {row.string(1), row.string(2),        row.string(3),       scopes_of(row.text(4)),
          row.time(5),   row.optional_time(6), row.optional_time(7)};
}

}  // namespace

bool is_api_key_id(std::string_view credential_id) { return credential_id.starts_with(id_prefix); }

Result<NewApiKey> create_api_key(Tx& tx, std::string_view tenant_id, std::string_view user_id, std::string_view name,
                                 const std::vector<ApiScope>& scopes) {
  TRY_AS(user, ensure_user(tx, tenant_id, user_id, {}, UserKind::bot));
  if (user.kind != UserKind::bot) {
    return Error(ErrorCode::conflict, std::string(user_id) + " is a person: keys are for bots");
  }
  NewApiKey made;
  made.key = "aiim_" + random_token(32);
  made.api_key.key_id = make_id(id_prefix, tx.now);
  made.api_key.user_id = user_id;
  made.api_key.name = name;
  made.api_key.scopes = scopes;
  made.api_key.created_at = tx.now;
  TRY(tx.db.run(insert_api_key,
                {tenant_id, made.api_key.key_id, user_id, hash_of(made.key), name, text_of(scopes), tx.now}));
  return made;
}

Result<std::optional<FoundApiKey>> find_api_key(Db& db, std::string_view key) {
  std::optional<FoundApiKey> found;
  TRY(db.run(select_by_hash, {hash_of(key)}, [&](const Row& row) {
    found = FoundApiKey{row.string(0), key_from(row)};
  }));
  return found;
}

Result<bool> api_key_is_good(Db& db, std::string_view tenant_id, std::string_view key_id) {
  bool good = false;
  TRY(db.run(select_by_id, {tenant_id, key_id}, [&](const Row& row) { good = row.is_null(7); }));
  return good;
}

Result<> note_api_key_use(Tx& tx, std::string_view tenant_id, std::string_view key_id) {
  TRY(tx.db.run(update_used, {tenant_id, key_id, tx.now}));
  return {};
}

Result<ApiKeys> list_api_keys(Db& db, std::string_view tenant_id) {
  constexpr std::int64_t page = 200;
  ApiKeys list;
  for (std::int64_t got = page; got == page;) {
    std::string after = list.api_keys.empty() ? "" : list.api_keys.back().key_id;
    TRY_AS(rows, db.run(select_all, {tenant_id, after, page},
                        [&](const Row& row) { list.api_keys.push_back(key_from(row)); }));
    got = list.api_keys.size() < keys_listed_max ? rows : 0;
  }
  return list;
}

Result<> revoke_api_key(Tx& tx, std::string_view tenant_id, std::string_view key_id) {
  std::string user_id;
  TRY(tx.db.run(update_revoked, {tenant_id, key_id, tx.now}, [&](const Row& row) { user_id = row.string(0); }));
  if (user_id.empty()) return Error(ErrorCode::not_found, "there is no such key in force");
  return note_auth_change(tx, tenant_id, user_id);
}

}  // namespace aiim
