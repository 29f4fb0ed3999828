// Users: created on the spot when first seen, read for identities and pages.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "store/db.h"
#include "store/store.h"
#include "wire/user.h"

namespace aiim {

/// Of a row that begins with user_id, tenant_id, display_name, avatar_url, kind, role, status, created_at.
User user_from(const Row& row);
Result<std::optional<User>> find_user(Db& db, std::string_view tenant_id, std::string_view user_id);
/// Creates the user if missing; an empty display name becomes the id. Returns the user as it is.
Result<User> ensure_user(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                         std::string_view display_name = {}, UserKind kind = UserKind::human);
/// Only what is set changes. `not_found` when there is no such user.
struct UserChange {
  std::optional<std::string> display_name;
  std::optional<std::string> avatar_url;  // empty: none
  std::optional<UserRole> role;
  std::optional<UserStatus> status;
};
Result<User> change_user(Tx& tx, std::string_view tenant_id, std::string_view user_id, const UserChange& change);
/// In order of user_id, after `after`.
Result<UsersPage> list_users(Db& db, std::string_view tenant_id, std::string_view after, std::int64_t limit);

/// Notes that every node must look at this user's credentials again, and tells the sessions of this one at once.
Result<> note_auth_change(Tx& tx, std::string_view tenant_id, std::string_view user_id);
struct AuthChange {
  std::int64_t id;
  std::string tenant_id;
  std::string user_id;
  Time changed_at;
};
constexpr std::size_t auth_changes_page = 10'000;
/// In the order of their times and ids: at most a page of those from `since` on, of that very moment only those behind
/// `after_id`.
Result<std::vector<AuthChange>> auth_changes_after(Db& db, Time since, std::int64_t after_id);
Result<> sweep_auth_changes(Tx& tx, Time before);

}  // namespace aiim
