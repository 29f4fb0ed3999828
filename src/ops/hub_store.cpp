#include "ops/hub_store.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "base/log.h"
#include "core/bus.h"
#include "ops/identities.h"
#include "store/auth.h"
#include "store/changes.h"
#include "store/people.h"
#include "store/users.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

Async<std::vector<Followed>> read_followed(App& app, std::string tenant_id, std::string user_id) {
  std::function<Result<std::vector<Followed>>(Db&)> job = [&](Db& db) -> Result<std::vector<Followed>> {
    TRY_AS(positions, positions_of(db, tenant_id, user_id));
    std::vector<Followed> followed;
    followed.reserve(positions.size());
    for (Position& each : positions)
      followed.push_back({std::move(each.conversation_id), std::move(each.epoch), each.rev, each.last_seq});
    return followed;
  };
  co_return co_await app.store.read<std::vector<Followed>>(std::move(job));
}

Async<HubStore::Changes> read_hole(App& app, std::string tenant_id, std::string conversation_id, std::int64_t rev,
                                   std::int64_t highest_seq) {
  std::function<Result<HubStore::Changes>(Db&)> job = [&](Db& db) -> Result<HubStore::Changes> {
    TRY_AS(page, read_repair(db, tenant_id, conversation_id, rev, highest_seq));
    return HubStore::Changes{std::move(page.events), std::move(page.epoch), page.rev, page.more, page.gone, page.reset};
  };
  co_return co_await app.store.read<HubStore::Changes>(std::move(job));
}

using Acquainted = std::vector<HubStore::Acquaintance>;
Async<Acquainted> read_acquainted(App& app, std::string tenant_id, std::string user_id,
                                  std::vector<std::string> user_ids) {
  std::function<Result<Acquainted>(Db&)> job = [&](Db& db) -> Result<Acquainted> {
    TRY_AS(found, acquaintances(db, tenant_id, user_id, user_ids));
    Acquainted acquainted;
    for (Acquaintance& each : found) acquainted.push_back({std::move(each.user_id), each.last_seen});
    return acquainted;
  };
  co_return co_await app.store.read<Acquainted>(std::move(job));
}

/// Runs on the worker and hands the result to `done` there, whatever happens.
template <class T>
void spawn(App& app, Async<T> work, std::function<void(Result<T>)> done) {
  asio::co_spawn(app.io, std::move(work), [done = std::move(done)](std::exception_ptr failed, Result<T> result) {
    done(failed ? Result<T>(Error(ErrorCode::internal)) : std::move(result));
  });
}

}  // namespace

HubStore make_hub_store(App& app) {
  HubStore store;
  store.read_memberships = [&app](std::string tenant_id, std::string user_id,
                                  std::function<void(Result<std::vector<Followed>>)> done) {
    spawn<std::vector<Followed>>(app, read_followed(app, std::move(tenant_id), std::move(user_id)), std::move(done));
  };
  store.read_changes = [&app](std::string tenant_id, std::string conversation_id, std::int64_t rev,
                              std::int64_t highest_seq, std::function<void(Result<HubStore::Changes>)> done) {
    spawn<HubStore::Changes>(app, read_hole(app, std::move(tenant_id), std::move(conversation_id), rev, highest_seq),
                             std::move(done));
  };
  store.read_acquaintances = [&app](std::string tenant_id, std::string user_id, std::vector<std::string> user_ids,
                                    std::function<void(Result<Acquainted>)> done) {
    spawn<Acquainted>(app, read_acquainted(app, std::move(tenant_id), std::move(user_id), std::move(user_ids)),
                      std::move(done));
  };
  store.check_credentials = [&app](std::string tenant_id, std::string user_id, std::string credential_id,
                                   std::function<void(Result<>)> done) {
    // The event that led here says that something changed: what is remembered is old.
    app.identities.forget(tenant_id, user_id);
    auto answered = [done = std::move(done)](Result<Nothing> result) {
      done(result ? Result<>() : Result<>(result.error()));
    };
    spawn<Nothing>(app, app.identities.check(app, std::move(tenant_id), std::move(user_id), std::move(credential_id)),
                   std::move(answered));
  };
  return store;
}

namespace {

constexpr std::int64_t poll_ms = 2000;
constexpr std::int64_t sweep_every_ms = 3'600'000;
constexpr std::int64_t kept_ms = 24 * 3'600'000;  // rows that every node has seen long ago
constexpr std::int64_t overlap_ms = 10'000;       // rows commit up to 5 s after their time, and clocks differ

using SeenChanges = std::set<std::int64_t>;  // by id

void announce(App& app, Bus& bus, const std::vector<AuthChange>& changes, const SeenChanges& seen) {
  EventBatch events;
  for (const AuthChange& change : changes) {
    if (seen.contains(change.id)) continue;
    app.identities.forget(change.tenant_id, change.user_id);
    Event event;
    event.kind = Event::Kind::revoked;
    event.tenant_id = change.tenant_id;
    event.user_id = change.user_id;
    events.push_back(std::make_shared<const Event>(std::move(event)));
  }
  if (!events.empty()) bus.publish(std::move(events));
}

/// Announces what changed since then and was not seen yet, however much it is. `seen` becomes what was read now: what
/// is older will not be read again.
Async<Nothing> announce_changes(App& app, Bus& bus, Time since, SeenChanges& seen) {
  SeenChanges now_seen;
  AuthChange last{.id = 0, .tenant_id = {}, .user_id = {}, .changed_at = since};
  for (bool more = true; more;) {
    std::function<Result<std::vector<AuthChange>>(Db&)> job = [&last](Db& db) {
      return auth_changes_after(db, last.changed_at, last.id);
    };
    CO_TRY_AS(changes, co_await app.store.read<std::vector<AuthChange>>(std::move(job)));
    announce(app, bus, changes, seen);
    for (const AuthChange& change : changes) now_seen.insert(change.id);
    more = changes.size() == auth_changes_page;
    if (more) last = std::move(changes.back());
  }
  seen = std::move(now_seen);
  co_return Nothing();
}

/// Changes that every node has seen long ago, and some of the logins whose last access token is no longer good; true
/// when there may be more of them.
Async<bool> sweep(App& app) {
  std::function<Result<bool>(Tx&)> job = [&app](Tx& tx) -> Result<bool> {
    const Time before = tx.now + -kept_ms;
    TRY(sweep_auth_changes(tx, before));
    return sweep_logins(tx, before + -1000 * app.settings.access_token_s);
  };
  co_return co_await app.store.write<bool>(std::move(job));
}

}  // namespace

asio::awaitable<void> fetch_external_keys(App& app) {
  ExternalKeys* keys = app.identities.external_keys();
  if (!keys) co_return;
  asio::steady_timer timer(app.io);
  for (;;) {
    timer.expires_after(std::chrono::milliseconds(keys->fetch_if_due()));
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
  }
}

asio::awaitable<void> watch_credentials(App& app, Bus& bus) {
  SeenChanges seen;
  std::int64_t swept_ms = steady_ms() - sweep_every_ms;
  Time looked = app.clock.now();  // a while ago, where the database was out of reach or the process was held
  asio::steady_timer timer(app.io);
  for (;;) {
    timer.expires_after(std::chrono::milliseconds(poll_ms));
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    const Time now = app.clock.now();
    auto announced = co_await announce_changes(app, bus, std::min(looked, now) + -overlap_ms, seen);
    if (announced) looked = now;
    if (steady_ms() - swept_ms < sweep_every_ms) continue;
    Result<bool> more = co_await sweep(app);
    if (!more) log_warn("credentials_not_swept", {{"why", more.error().detail}});
    if (!more || !*more) swept_ms = steady_ms();  // else it goes on after the next look
  }
}

}  // namespace aiim
