// The two ways into a conversation: reading it in a snapshot, or changing it with its row locked. Both judge membership
// inside the transaction; whoever is no member gets `not_found`.
#pragma once
#include <functional>
#include <string>

#include "ops/app.h"
#include "store/conversations.h"

namespace aiim {

/// Runs `look(Db&, const Membership&)` on a conversation of which the caller is a member.
template <class T, class Look>
Async<T> with_member(App& app, const Caller& caller, const std::string& conversation_id, Look look) {
  std::function<Result<T>(Db&)> job = [&](Db& db) -> Result<T> {
    TRY_AS(membership, read_membership(db, caller.tenant_id(), conversation_id, caller.user_id()));
    return look(db, membership);
  };
  co_return co_await app.store.read<T>(std::move(job));
}

/// Runs `change(Tx&, Membership&)` with the conversation's row locked.
template <class T, class Change>
Async<T> with_locked(App& app, const Caller& caller, const std::string& conversation_id, Change change) {
  std::function<Result<T>(Tx&)> job = [&](Tx& tx) -> Result<T> {
    TRY_AS(membership, lock_membership(tx, caller.tenant_id(), conversation_id, caller.user_id()));
    return change(tx, membership);
  };
  co_return co_await app.store.write<T>(std::move(job));
}

}  // namespace aiim
