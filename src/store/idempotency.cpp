#include "store/idempotency.h"

namespace aiim {
namespace {

const Statement select_idempotency(
    "select_idempotency",
    "SELECT request_hash, result_id FROM idempotency_keys WHERE tenant_id = $1 AND user_id = $2 AND "
    "operation = $3 AND key = $4");
const Statement insert_idempotency(
    "insert_idempotency",
    "INSERT INTO idempotency_keys (tenant_id, user_id, operation, key, request_hash, result_id, "
    "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)");

}  // namespace

Error other_request_has_key() {
  return Error(ErrorCode::idempotency_mismatch,
               "an earlier request with other contents has this key; repeat that one, or choose another key");
}

Result<std::optional<std::string>> find_result(Db& db, const IdempotentRequest& request) {
  std::optional<std::string> result;
  bool mismatch = false;
  TRY(db.run(select_idempotency, {request.tenant_id, request.user_id, request.operation, request.key},
             [&](const Row& row) {
               mismatch = row.text(0) != request.request_hash;
               result = row.string(1);
             }));
  if (mismatch) return other_request_has_key();
  return result;
}

Result<> keep_result(Tx& tx, const IdempotentRequest& request, const std::string& result_id) {
  TRY(tx.db.run(insert_idempotency, {request.tenant_id, request.user_id, request.operation, request.key,
                                     request.request_hash, result_id, tx.now}));
  return {};
}

}  // namespace aiim
