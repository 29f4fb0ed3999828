// The audit log: one row in the transaction of each operation flagged for it.
#pragma once
#include <string>
#include <string_view>

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

}  // namespace aiim
