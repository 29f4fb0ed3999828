#include "ops/users.h"

#include "ops/common.h"
#include "ops/operation.h"
#include "store/streams.h"
#include "store/users.h"

namespace aiim {
namespace {

Async<User> find(App& app, std::string tenant_id, std::string user_id) {
  std::function<Result<User>(Db&)> job = [&](Db& db) -> Result<User> {
    TRY_AS(user, find_user(db, tenant_id, user_id));
    if (!user) return Error(ErrorCode::not_found);
    return *user;
  };
  co_return co_await app.store.read<User>(std::move(job));
}

Result<> check_avatar(const std::string& url) {
  if (url.empty()) return {};
  bool web = url.starts_with("https://") || url.starts_with("http://");
  if (!web || url.size() > 2048)
    return Error::field("avatar_url", "must be an http or https URL of at most 2,048 bytes");
  return {};
}

}  // namespace

Async<User> get_me(App& app, Caller caller, Nothing) {
  co_return co_await find(app, caller.tenant_id(), caller.user_id());
}

Async<User> get_user(App& app, Caller caller, UserId request) {
  co_return co_await find(app, caller.tenant_id(), std::move(request.user_id));
}

Async<User> update_me(App& app, Caller caller, UpdateMe request) {
  if (request.display_name) {
    CO_TRY(check_name("display_name", *request.display_name));
  }
  if (request.avatar_url) {
    CO_TRY(check_avatar(*request.avatar_url));
  }
  std::function<Result<User>(Tx&)> job = [&](Tx& tx) {
    UserChange change;
    change.display_name = request.display_name;
    change.avatar_url = request.avatar_url;
    return change_user(tx, caller.tenant_id(), caller.user_id(), change);
  };
  co_return co_await app.store.write<User>(std::move(job));
}

Async<Pong> ping(App& app, Caller caller, PingRequest request) {
  if (request.stream_ids && !request.stream_ids->empty()) {
    if (request.stream_ids->size() > ids_per_call_max)
      co_return Error::field("stream_ids", "may name at most 100 streams");
    std::function<Result<Nothing>(Tx&)> job = [&](Tx& tx) -> Result<Nothing> {
      TRY(renew_streams(tx, caller.tenant_id(), caller.user_id(), *request.stream_ids));
      return Nothing();
    };
    Result<Nothing> done = co_await app.store.write<Nothing>(std::move(job));
    if (!done) co_return std::move(done).error();
  }
  co_return Pong{app.clock.now()};
}

OPERATION(get_me);
OPERATION(update_me);
OPERATION(get_user);
OPERATION(ping);

}  // namespace aiim
