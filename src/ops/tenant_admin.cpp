#include "ops/tenant_admin.h"

#include "ops/common.h"
#include "ops/identities.h"
#include "ops/operation.h"
#include "store/users.h"

namespace aiim {
namespace {

/// "bob status=suspended": who was changed, and how.
std::string described(const UpdateUser& request) {
  std::string text = request.user_id;
  if (request.display_name) text += " display_name";
  if (request.role) text.append(" role=").append(name_of(*request.role));
  if (request.status) text.append(" status=").append(name_of(*request.status));
  return text;
}

}  // namespace

Async<User> update_user(App& app, Caller caller, UpdateUser request) {
  if (request.display_name) {
    CO_TRY(check_name("display_name", *request.display_name));
  }
  if (request.user_id == caller.user_id() && (request.role || request.status)) {
    co_return Error(ErrorCode::conflict, "nobody changes their own role or status: another admin has to");
  }
  std::function<Result<User>(Tx&)> job = [&](Tx& tx) -> Result<User> {
    TRY(require_tenant_admin(tx.db, caller));
    UserChange change;
    change.display_name = request.display_name;
    change.role = request.role;
    change.status = request.status;
    TRY_AS(user, change_user(tx, caller.tenant_id(), request.user_id, change));
    TRY(audit(tx, caller, "update_user", {}, described(request)));
    return std::move(user);
  };
  Result<User> done = co_await app.store.write<User>(std::move(job));
  app.identities.forget(caller.tenant_id(), request.user_id);
  co_return done;
}

Async<AuditPage> read_audit_log(App& app, Caller caller, ReadAuditLog request) {
  CO_TRY_AS(limit, page_size(request.limit));
  std::function<Result<AuditPage>(Db&)> job = [&](Db& db) -> Result<AuditPage> {
    TRY(require_tenant_admin(db, caller));
    return list_audit(db, caller.tenant_id(), request.cursor.value_or(""), limit);
  };
  co_return co_await app.store.read<AuditPage>(std::move(job));
}

OPERATION(update_user);
OPERATION(read_audit_log);

}  // namespace aiim
