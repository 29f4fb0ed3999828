#include "store/users.h"

#include "store/people.h"
#include "store/streams.h"

namespace aiim {
namespace {

const Statement select_user("select_user",
                            "SELECT user_id, tenant_id, display_name, avatar_url, kind, role, status, created_at "
                            "FROM users WHERE tenant_id = $1 AND user_id = $2");
const Statement insert_user(
    "insert_user",
    "INSERT INTO users (tenant_id, user_id, display_name, kind, created_at, updated_at, "
    "folded) VALUES ($1, $2, $3, $4, $5, $5, TRUE) ON CONFLICT (tenant_id, user_id) DO NOTHING");
const Statement update_user(
    "update_user",
    "UPDATE users SET display_name = $3, avatar_url = $4, role = $5, status = $6, updated_at = $7 "
    "WHERE tenant_id = $1 AND user_id = $2");
const Statement select_users("select_users",
                             "SELECT user_id, tenant_id, display_name, avatar_url, kind, role, status, created_at "
                             "FROM users WHERE tenant_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3");
const Statement insert_auth_change("insert_auth_change",
                                   "INSERT INTO auth_changes (tenant_id, user_id, changed_at) VALUES ($1, $2, $3)");
const Statement select_auth_changes(
    "select_auth_changes",
    "SELECT id, tenant_id, user_id, changed_at FROM auth_changes WHERE changed_at >= $1 "
    "AND (changed_at > $1 OR id > $2) ORDER BY changed_at, id LIMIT $3");
const Statement delete_auth_changes("delete_auth_changes", "DELETE FROM auth_changes WHERE changed_at < $1");

}  // namespace

User user_from(const Row& row) {
  User user;
  user.user_id = row.string(0);
  user.tenant_id = row.string(1);
  user.display_name = row.string(2);
  user.avatar_url = row.optional_string(3);
  user.kind = named<UserKind>(row.text(4)).value_or(UserKind::human);
  user.role = named<UserRole>(row.text(5)).value_or(UserRole::user);
  user.status = named<UserStatus>(row.text(6)).value_or(UserStatus::suspended);
  user.created_at = row.time(7);
  return user;
}

Result<std::optional<User>> find_user(Db& db, std::string_view tenant_id, std::string_view user_id) {
  std::optional<User> user;
  TRY(db.run(select_user, {tenant_id, user_id}, [&](const Row& row) { user = user_from(row); }));
  return user;
}

Result<User> ensure_user(Tx& tx, std::string_view tenant_id, std::string_view user_id, std::string_view display_name,
                         UserKind kind) {
  TRY_AS(found, find_user(tx.db, tenant_id, user_id));
  if (found) return std::move(*found);
  auto name = display_name.empty() ? user_id : display_name;
  TRY_AS(inserted, tx.db.run(insert_user, {tenant_id, user_id, name, name_of(kind), tx.now}));
  if (inserted > 0) {
    TRY(put_user_names(tx.db, tenant_id, user_id, name));
  }
  TRY_AS(made, find_user(tx.db, tenant_id, user_id));
  if (!made) return Error(ErrorCode::internal, "a user that was just created is missing");
  return std::move(*made);
}

Result<User> change_user(Tx& tx, std::string_view tenant_id, std::string_view user_id, const UserChange& change) {
  TRY_AS(found, find_user(tx.db, tenant_id, user_id));
  if (!found) return Error(ErrorCode::not_found);
  User user = std::move(*found);
  bool credentials_changed =
      (change.role && *change.role != user.role) || (change.status && *change.status != user.status);
  if (change.display_name) user.display_name = *change.display_name;
  if (change.avatar_url) user.avatar_url = change.avatar_url->empty() ? std::nullopt : change.avatar_url;
  if (change.role) user.role = *change.role;
  if (change.status) user.status = *change.status;
  TRY(tx.db.run(update_user, {tenant_id, user_id, user.display_name, user.avatar_url, name_of(user.role),
                              name_of(user.status), tx.now}));
  if (change.display_name) {
    TRY(put_user_names(tx.db, tenant_id, user_id, user.display_name));
  }
  if (credentials_changed) {
    TRY(note_auth_change(tx, tenant_id, user_id));
  }
  if (change.status == UserStatus::suspended) {
    TRY(expire_streams(tx, tenant_id, user_id));
  }
  return user;
}

Result<UsersPage> list_users(Db& db, std::string_view tenant_id, std::string_view after, std::int64_t limit) {
  UsersPage page;
  TRY(db.run(select_users, {tenant_id, after, limit + 1},
             [&](const Row& row) { page.users.push_back(user_from(row)); }));
  if (static_cast<std::int64_t>(page.users.size()) > limit) {
    page.users.pop_back();
    page.next_cursor = page.users.back().user_id;
  }
  return page;
}

Result<> note_auth_change(Tx& tx, std::string_view tenant_id, std::string_view user_id) {
  TRY(tx.db.run(insert_auth_change, {tenant_id, user_id, tx.now}));
  Event event;
  event.kind = Event::Kind::revoked;
  event.tenant_id = tenant_id;
  event.user_id = user_id;
  tx.publish(std::move(event));
  return {};
}

Result<std::vector<AuthChange>> auth_changes_after(Db& db, Time since, std::int64_t after_id) {
  std::vector<AuthChange> changes;
  TRY(db.run(select_auth_changes, {since, after_id, static_cast<std::int64_t>(auth_changes_page)}, [&](const Row& row) {
    changes.push_back({row.integer(0), row.string(1), row.string(2), row.time(3)});
  }));
  return changes;
}

Result<> sweep_auth_changes(Tx& tx, Time before) {
  TRY(tx.db.run(delete_auth_changes, {before}));
  return {};
}

}  // namespace aiim
