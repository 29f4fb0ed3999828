#include "ops/api_keys.h"

#include "ops/common.h"
#include "ops/operation.h"
#include "store/api_keys.h"

namespace aiim {

Async<NewApiKey> create_api_key_op(App& app, Caller caller, CreateApiKey request) {
  std::vector<std::string> named{request.user_id};
  CO_TRY(user_ids_of("user_id", named));
  if (request.name) {
    CO_TRY(check_name("name", *request.name));
  }
  std::function<Result<NewApiKey>(Tx&)> job = [&](Tx& tx) -> Result<NewApiKey> {
    TRY(require_tenant_admin(tx.db, caller));
    std::vector<ApiScope> scopes = request.scopes.value_or(std::vector<ApiScope>());
    TRY_AS(made, create_api_key(tx, caller.tenant_id(), request.user_id, request.name.value_or(""), scopes));
    TRY(audit(tx, caller, "create_api_key", {}, made.api_key.key_id));
    return std::move(made);
  };
  co_return co_await app.store.write<NewApiKey>(std::move(job));
}

Async<ApiKeys> list_api_keys_op(App& app, Caller caller, Nothing) {
  std::function<Result<ApiKeys>(Db&)> job = [&](Db& db) -> Result<ApiKeys> {
    TRY(require_tenant_admin(db, caller));
    return list_api_keys(db, caller.tenant_id());
  };
  co_return co_await app.store.read<ApiKeys>(std::move(job));
}

Async<Nothing> revoke_api_key_op(App& app, Caller caller, ApiKeyId request) {
  std::function<Result<Nothing>(Tx&)> job = [&](Tx& tx) -> Result<Nothing> {
    TRY(require_tenant_admin(tx.db, caller));
    TRY(revoke_api_key(tx, caller.tenant_id(), request.key_id));
    TRY(audit(tx, caller, "revoke_api_key", {}, request.key_id));
    return Nothing();
  };
  co_return co_await app.store.write<Nothing>(std::move(job));
}

OPERATION(create_api_key_op);
OPERATION(list_api_keys_op);
OPERATION(revoke_api_key_op);

}  // namespace aiim
