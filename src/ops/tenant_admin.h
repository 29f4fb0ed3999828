// What a tenant's admins may do with its users, and the log of who did what.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/app.h"
#include "store/audit.h"
#include "wire/user.h"

namespace aiim {

struct UpdateUser {
  std::string user_id;
  std::optional<std::string> display_name;
  std::optional<UserRole> role;
  std::optional<UserStatus> status;
};
BOOST_DESCRIBE_STRUCT(UpdateUser, (), (user_id, display_name, role, status))

struct ReadAuditLog {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ReadAuditLog, (), (limit, cursor))

/// Nobody changes their own role or status (`conflict`): a tenant cannot lose its last admin. A suspension closes the
/// user's connections within 5 s, everywhere.
Async<User> update_user(App& app, Caller caller, UpdateUser request);
/// Newest first.
Async<AuditPage> read_audit_log(App& app, Caller caller, ReadAuditLog request);

}  // namespace aiim
