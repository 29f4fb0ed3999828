// Users as clients see them.
#pragma once
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"

namespace aiim {

enum class UserKind : std::uint8_t { human, bot };
BOOST_DESCRIBE_ENUM(UserKind, human, bot)
enum class UserRole : std::uint8_t { user, admin };
BOOST_DESCRIBE_ENUM(UserRole, user, admin)
enum class UserStatus : std::uint8_t { active, suspended };
BOOST_DESCRIBE_ENUM(UserStatus, active, suspended)

struct User {
  std::string user_id;
  std::string tenant_id;
  std::string display_name;
  std::optional<std::string> avatar_url;
  UserKind kind = UserKind::human;
  UserRole role = UserRole::user;
  UserStatus status = UserStatus::active;
  Time created_at;
};
BOOST_DESCRIBE_STRUCT(User, (), (user_id, tenant_id, display_name, avatar_url, kind, role, status, created_at))

struct UsersPage {
  std::vector<User> users;
  std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(UsersPage, (), (users, next_cursor))

}  // namespace aiim
