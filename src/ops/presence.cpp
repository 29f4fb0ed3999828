#include "ops/presence.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/bus.h"
#include "core/jwt.h"
#include "hub/hub.h"
#include "hub/presence_board.h"
#include "ops/in_conversation.h"
#include "ops/operation.h"
#include "store/people.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

/// The connection that asked; null once it is gone.
Session* session_of(App& app, const Caller& caller) {
  for (Session* session : app.hub.sessions_of(caller.tenant_id(), caller.user_id())) {
    if (session->session_id() == caller.request_id) return session;
  }
  return nullptr;
}

Result<> check_ids(const std::vector<std::string>& ids) {
  if (ids.size() > Hub::watched_max) return Error::field("user_ids", "may name at most 500 users");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!valid_user_id(ids[i]))
      return Error::field("user_ids[" + std::to_string(i) + "]", "must be 1 to 64 of A-Z a-z 0-9 . _ : @ | + -");
  }
  return {};
}

using Told = Result<std::vector<Presence>>;

/// Hub::watch as something to await.
asio::awaitable<Told> watch(App& app, Session& session, std::vector<std::string> ids) {
  auto start = [&app, &session, &ids](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function wants a copyable one
    app.hub.watch(session, std::move(ids), [shared](Told told) { std::move (*shared)(std::move(told)); });
  };
  auto& token = asio::use_awaitable;
  co_return co_await asio::async_initiate<decltype(token), void(Told)>(start, token);
}

}  // namespace

Async<Nothing> typing(App& app, Caller caller, SayTyping request) {
  auto look = [](Db&, const Membership&) -> Result<Nothing> { return Nothing(); };
  CO_TRY(co_await with_member<Nothing>(app, caller, request.conversation_id, look));
  if (Session* session = session_of(app, caller)) app.hub.typing(*session, request.conversation_id, request.state);
  co_return Nothing();
}

Async<PresenceReply> watch_presence(App& app, Caller caller, WatchPresence request) {
  CO_TRY(check_ids(request.user_ids));
  Session* session = session_of(app, caller);
  if (session == nullptr) co_return Error(ErrorCode::unavailable);
  CO_TRY_AS(told, co_await watch(app, *session, std::move(request.user_ids)));
  co_return PresenceReply{std::move(told)};
}

Async<Nothing> set_presence(App& app, Caller caller, SetPresence request) {
  const bool away = request.state == OwnPresence::away;
  if (Session* session = session_of(app, caller)) app.hub.set_away(*session, Hub::Away::chosen, away);
  co_return Nothing();
}

namespace {

constexpr std::int64_t sweep_ms = 250;
constexpr std::size_t sweep_max = 2000;
constexpr std::size_t sightings_max = 500;  // in one transaction

std::vector<Sighting> sightings_of(const std::vector<PresenceChange>& changes, Time unknown) {
  std::vector<Sighting> seen;
  for (const PresenceChange& change : changes) {
    seen.push_back({change.tenant_id, change.presence.user_id, change.presence.last_seen.value_or(unknown)});
  }
  return seen;
}

/// What cannot be kept is lost: it is of no use to try long.
asio::awaitable<void> keep(App& app, std::vector<Sighting> seen) {
  for (std::size_t from = 0; from < seen.size(); from += sightings_max) {
    const auto some = std::span(seen).subspan(from, std::min(sightings_max, seen.size() - from));
    std::function<Result<Nothing>(Tx&)> job = [some](Tx& tx) -> Result<Nothing> {
      TRY(store_last_seen(tx.db, some));
      return Nothing();
    };
    co_await app.store.write<Nothing>(std::move(job));
  }
}

}  // namespace

asio::awaitable<void> sweep_presence(App& app, Bus& bus, PresenceBoard& board) {
  asio::steady_timer timer(app.io);
  for (;;) {
    timer.expires_after(std::chrono::milliseconds(sweep_ms));
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    const std::vector<PresenceChange> changes = board.expire(sweep_max);
    EventBatch events;
    std::vector<PresenceChange> gone;
    for (const PresenceChange& change : changes) {
      events.push_back(std::make_shared<const Event>(presence_change_event(change)));
      if (change.presence.state == PresenceState::offline) gone.push_back(change);
    }
    if (!events.empty()) bus.publish(std::move(events));
    co_await keep(app, sightings_of(gone, app.clock.now()));
  }
}

Result<> keep_last_seen(Db& db, const PresenceBoard& board, Time now) {
  const std::vector<Sighting> seen = sightings_of(board.everybody(), now);
  if (seen.empty()) return {};
  TRY(db.begin_write(now));
  if (auto kept = store_last_seen(db, seen); !kept) {
    db.rollback();
    return kept;
  }
  return db.commit();
}

OPERATION(typing);
OPERATION(watch_presence);
OPERATION(set_presence);

}  // namespace aiim
