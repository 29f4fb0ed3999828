#include "ops/common.h"

#include <algorithm>

#include "core/jwt.h"
#include "store/users.h"

namespace aiim {

Result<std::int64_t> page_size(std::optional<std::int64_t> limit) {
  if (!limit) return 50;
  if (*limit < 1 || *limit > 200) return Error::field("limit", "must be from 1 to 200");
  return *limit;
}

Result<std::optional<std::string>> idempotency_key(const Caller& caller, const std::optional<std::string>& in_body) {
  std::optional<std::string> key = in_body;
  if (!key && !caller.idempotency_key.empty()) key = caller.idempotency_key;
  if (!key) return key;
  if (key->empty() || key->size() > id_bytes_max) return Error::field("client_msg_id", "must have 1 to 128 bytes");
  return key;
}

Result<std::vector<std::string>> user_ids_of(std::string_view field, const std::vector<std::string>& ids) {
  if (ids.size() > ids_per_call_max) return Error::field(std::string(field), "may name at most 100 users");
  std::vector<std::string> unique;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!valid_user_id(ids[i])) {
      return Error::field(std::string(field) + "[" + std::to_string(i) + "]",
                          "must be 1 to 64 of A-Z a-z 0-9 . _ : @ | + -");
    }
    if (std::find(unique.begin(), unique.end(), ids[i]) == unique.end()) unique.push_back(ids[i]);
  }
  return unique;
}

Result<> require_tenant_admin(Db& db, const Caller& caller) {
  TRY_AS(user, find_user(db, caller.tenant_id(), caller.user_id()));
  if (user && user->role == UserRole::admin && user->status == UserStatus::active) return {};
  return Error(ErrorCode::forbidden, "only the tenant's admins may do this");
}

Result<> audit(Tx& tx, const Caller& caller, std::string_view operation, std::string_view conversation_id,
               std::string_view target) {
  AuditEntry entry{caller.tenant_id(), caller.user_id(), operation, conversation_id, target,
                   caller.request_id,  caller.address};
  return write_audit(tx, entry);
}

Result<> check_name(std::string_view field, std::string_view name) {
  if (name.empty() || name.size() > 256) return Error::field(std::string(field), "must have 1 to 256 bytes");
  auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(name.begin(), name.end(), control))
    return Error::field(std::string(field), "must not contain control characters");
  return {};
}

}  // namespace aiim
