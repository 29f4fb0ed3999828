// Small rules that many operations share.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ops/app.h"
#include "store/audit.h"
#include "store/conversations.h"

namespace aiim {

constexpr std::size_t id_bytes_max = 128;
constexpr std::size_t ids_per_call_max = 100;

/// 1–200, default 50.
Result<std::int64_t> page_size(std::optional<std::int64_t> limit);
/// A client's key for an idempotent request: 1–128 characters. The header counts when the body names none.
Result<std::optional<std::string>> idempotency_key(const Caller& caller, const std::optional<std::string>& in_body);
/// Checks ids of users in a request, drops repeats and keeps the order; at most 100.
Result<std::vector<std::string>> user_ids_of(std::string_view field, const std::vector<std::string>& ids);
/// Is the caller, at this moment, an admin of the tenant? `forbidden` otherwise.
Result<> require_tenant_admin(Db& db, const Caller& caller);
/// One row in the audit log, in the caller's transaction.
Result<> audit(Tx& tx, const Caller& caller, std::string_view operation, std::string_view conversation_id = {},
               std::string_view target = {});
/// A display name or conversation name: 1–256 bytes, no control characters.
Result<> check_name(std::string_view field, std::string_view name);

}  // namespace aiim
