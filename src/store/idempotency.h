// Idempotency-Key of requests that are not messages: the first result under a key is the answer to every repeat.
#pragma once
#include <optional>
#include <string>

#include "store/store.h"

namespace aiim {

struct IdempotentRequest {
  std::string tenant_id;
  std::string user_id;
  std::string operation;
  std::string key;
  std::string request_hash;
};
/// The key stands for another request.
Error other_request_has_key();

/// The earlier result's id; `idempotency_mismatch` when the key was used for another request.
Result<std::optional<std::string>> find_result(Db& db, const IdempotentRequest& request);
Result<> keep_result(Tx& tx, const IdempotentRequest& request, const std::string& result_id);

}  // namespace aiim
