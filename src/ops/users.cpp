#include "ops/users.h"

#include "base/crypto.h"
#include "core/fold.h"
#include "ops/common.h"
#include "ops/operation.h"
#include "store/changes.h"
#include "store/people.h"
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

constexpr std::size_t query_bytes_max = 256;

// A text holds no line feed once it is folded.
std::string encode_cursor(const PeoplePosition& position) {
  return base64url(position.user_id + "\n" + position.folded);
}

Result<PeoplePosition> parse_cursor(const std::optional<std::string>& cursor) {
  if (!cursor) return PeoplePosition{};
  auto plain = base64url_decode(*cursor);
  const std::size_t end = plain ? plain->find('\n') : std::string::npos;
  if (end == std::string::npos) return Error::field("cursor", "is not a cursor of this list");
  PeoplePosition position{plain->substr(end + 1), plain->substr(0, end)};
  // Only what the server wrote: then every database can compare it.
  if (fold_text(position.folded) != position.folded || !is_plain_id(position.user_id))
    return Error::field("cursor", "is not a cursor of this list");
  return position;
}

}  // namespace

Async<UsersPage> search_users(App& app, Caller caller, SearchUsers request) {
  CO_TRY_AS(limit, page_size(request.limit));
  CO_TRY_AS(position, parse_cursor(request.cursor));
  const std::string query = request.query.value_or("");
  if (query.size() > query_bytes_max) co_return Error::field("query", "must have at most 256 bytes");
  const std::string prefix = fold_text(query);
  if (prefix.empty() && !query.empty()) co_return Error::field("query", "must hold a letter");
  std::function<Result<UsersPage>(Db&)> job = [&](Db& db) -> Result<UsersPage> {
    TRY_AS(people, prefix.empty() ? list_people(db, caller.tenant_id(), position, limit)
                                  : search_people(db, caller.tenant_id(), prefix, position, limit));
    UsersPage page;
    page.users = std::move(people.users);
    if (people.next) page.next_cursor = encode_cursor(*people.next);
    return page;
  };
  co_return co_await app.store.read<UsersPage>(std::move(job));
}

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
OPERATION(search_users);
OPERATION(update_me);
OPERATION(get_user);
OPERATION(ping);

}  // namespace aiim
