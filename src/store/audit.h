// The audit log: one row in the transaction of each operation flagged for it.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "store/store.h"

namespace aiim {

struct AuditEntry {
  std::string_view tenant_id;
  std::string_view actor_id;  // a user, or "cli"
  std::string_view operation;
  std::string_view conversation_id = {};
  std::string_view target = {};
  std::string_view request_id = {};
  std::string_view address = {};
};
Result<> write_audit(Tx& tx, const AuditEntry& entry);

struct AuditRow {
  Time at;
  std::string actor_id;
  std::string operation;
  std::optional<std::string> conversation_id;
  std::optional<std::string> target;
  std::optional<std::string> request_id;
  std::optional<std::string> address;
};
BOOST_DESCRIBE_STRUCT(AuditRow, (), (at, actor_id, operation, conversation_id, target, request_id, address))
struct AuditPage {
  std::vector<AuditRow> entries;
  std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(AuditPage, (), (entries, next_cursor))

/// Newest first; an empty cursor begins. A cursor that none of the pages gave is `invalid_request`.
Result<AuditPage> list_audit(Db& db, std::string_view tenant_id, std::string_view cursor, std::int64_t limit);

}  // namespace aiim
