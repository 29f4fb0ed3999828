#include "store/audit.h"

namespace aiim {
namespace {

const Statement insert_audit(
    "insert_audit",
    "INSERT INTO audit_log (tenant_id, at, actor_id, operation, conversation_id, target, request_id, "
    "address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

Param or_null(std::string_view text) { return text.empty() ? Param(nullptr) : Param(text); }

}  // namespace

Result<> write_audit(Tx& tx, const AuditEntry& entry) {
  TRY(tx.db.run(insert_audit, {entry.tenant_id, tx.now, entry.actor_id, entry.operation, or_null(entry.conversation_id),
                               or_null(entry.target), or_null(entry.request_id), or_null(entry.address)}));
  return {};
}

}  // namespace aiim
