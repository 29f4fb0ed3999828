#include "net/ws_worker.h"

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "base/crypto.h"
#include "base/log.h"

namespace aiim {
namespace {

constexpr std::size_t padding = 64;
constexpr std::size_t spare_max = 256;

std::uint32_t coarse_now_s() { return static_cast<std::uint32_t>(steady_ms() / 1000); }

}  // namespace

WsWorker::WsWorker(WorkerParts& parts)
    : parts_(parts),
      epoll_(
          parts.app.io, [this](std::uint64_t key, std::uint32_t events) { on_event(key, events); },
          [this] { end_turn(); }),
      now_s_(coarse_now_s()),
      wheel_(now_s_),
      buffer_(std::make_unique<char[]>(buffer_bytes + padding)) {}

WsWorker::~WsWorker() { stop(); }

void WsWorker::start() { epoll_.start(); }

WsSession* WsWorker::find(SessionRef ref) const {
  if (ref.index >= table_.size() || table_[ref.index].generation != ref.generation) return nullptr;
  return table_[ref.index].session.get();
}

void WsWorker::adopt(WsOpening opening) {
  Transport transport(opening.fd, std::move(opening.tls));
  if (stopped_) return;
  ::fcntl(opening.fd, F_SETFL, ::fcntl(opening.fd, F_GETFL) | O_NONBLOCK);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(table_.size()));
    table_.emplace_back();
  }
  SessionRef ref{free_.back(), table_[free_.back()].generation};
  if (!epoll_.add(opening.fd, ref.key(), 0)) {
    log_error("epoll_full");
    return;
  }
  free_.pop_back();
  auto credentials = std::move(opening.credentials);
  auto leftover = std::move(opening.leftover);
  auto request_id = opening.request_id;
  auto refusal = std::move(opening.refusal);
  auto session = std::make_unique<WsSession>(*this, ref, std::move(opening), std::move(transport));
  WsSession& opened = *session;
  table_[ref.index].session = std::move(session);
  live_++;
  parts_.metrics.connections.add(1);
  parts_.metrics.sessions_opened.add();
  log_debug("session_opened", {{"session_id", opened.session_id()}, {"request_id", request_id}});
  if (refusal) return opened.turn_away(*refusal, {});
  opened.start(std::move(credentials), std::move(leftover));
  if (parts_.draining) opened.drain();
}

// --- turns ---

void WsWorker::on_event(std::uint64_t key, std::uint32_t events) {
  WsSession* session = find(SessionRef::of(key));
  if (!session) return;
  in_turn_ = true;
  if (events & EPOLLOUT) session->on_writable();
  if (events & EPOLLIN) session->on_readable();
  if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN)) session->on_hangup();
}

void WsWorker::need_turn() {
  if (in_turn_ || turn_posted_ || stopped_) return;
  turn_posted_ = true;
  boost::asio::post(parts_.app.io, [this] {
    turn_posted_ = false;
    end_turn();
  });
}

void WsWorker::mark_dirty(WsSession& session) {
  dirty_.push_back(session.ref());
  need_turn();
}

void WsWorker::conclude_later(WsSession& session) {
  concluding_.push_back(session.ref());
  need_turn();
}

void WsWorker::resume_later(WsSession& session) {
  resuming_.push_back(session.ref());
  need_turn();
}

void WsWorker::end_turn() {
  in_turn_ = true;
  auto each = [this](std::vector<SessionRef>& list, auto visit) {
    batch_.clear();
    batch_.swap(list);
    for (SessionRef ref : batch_) {
      if (WsSession* session = find(ref)) visit(*session);
    }
  };
  while (!resuming_.empty() || !concluding_.empty() || !dirty_.empty()) {
    each(resuming_, [](WsSession& session) { session.resume(); });
    each(concluding_, [](WsSession& session) { session.conclude(); });
    each(dirty_, [](WsSession& session) { session.flush(); });
  }
  graveyard_.clear();
  in_turn_ = false;
}

void WsWorker::bury(WsSession& session, std::uint16_t code) {
  Entry& entry = table_[session.ref().index];
  graveyard_.push_back(std::move(entry.session));
  entry.generation++;
  free_.push_back(session.ref().index);
  live_--;
  parts_.metrics.connections.add(-1);
  parts_.metrics.session_closed(code);
  need_turn();
}

void WsWorker::set_interest(WsSession& session, std::uint32_t events) {
  epoll_.change(session.fd(), session.ref().key(), events);
}

// --- time ---

void WsWorker::tick() {
  now_s_ = coarse_now_s();
  wheel_.advance(now_s_, [this](SessionRef ref, std::uint32_t due_s) {
    if (WsSession* session = find(ref)) session->on_due(due_s);
  });
  publish_counts();
}

void WsWorker::publish_counts() {
  auto done = std::exchange(counts, {});
  parts_.metrics.bytes_received.add(static_cast<double>(done.bytes_in));
  parts_.metrics.bytes_sent.add(static_cast<double>(done.bytes_out));
  parts_.metrics.frames_in.add(static_cast<double>(done.frames_in));
  parts_.metrics.frames_out.add(static_cast<double>(done.frames_out));
}

std::int64_t WsWorker::spread_ms(std::int64_t below) {
  std::uint32_t random = 0;
  random_bytes(&random, sizeof random);
  return static_cast<std::int64_t>(random % static_cast<std::uint64_t>(below));
}

void WsWorker::drain() {
  for (auto& entry : table_) {
    if (entry.session) entry.session->drain();
  }
}

void WsWorker::stop() {
  if (stopped_) return;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (table_[i].session) table_[i].session->bury(1006);
  }
  stopped_ = true;
  epoll_.stop();
  publish_counts();
  graveyard_.clear();
}

// --- what sessions wait for ---

std::unique_ptr<WsSession::Busy> WsWorker::take_busy() {
  if (spare_.empty()) return std::make_unique<WsSession::Busy>();
  auto busy = std::move(spare_.back());
  spare_.pop_back();
  return busy;
}

void WsWorker::give_back(std::unique_ptr<WsSession::Busy> busy) {
  if (spare_.size() >= spare_max || !busy->queue.empty() || busy->kept.capacity() > 1024) return;
  busy->kept.clear();
  spare_.push_back(std::move(busy));
}

struct WsWorker::Finished {
  WsWorker* worker;
  void operator()(std::exception_ptr failed) const {
    worker->operations_--;
    if (failed) log_error("websocket_operation_failed");
  }
};

// What runs holds the worker and values, never a session: it finds the session by its reference when it is done.
void WsWorker::spawn(boost::asio::awaitable<void> work) {
  operations_++;
  boost::asio::co_spawn(parts_.app.io, std::move(work), Finished{this});
}

void WsWorker::run(SessionRef ref, ReplyQueue::Ticket ticket, Call call) {
  spawn(run_operation(*this, ref, ticket, std::move(call)));
}

boost::asio::awaitable<void> WsWorker::run_operation(WsWorker& worker, SessionRef ref, ReplyQueue::Ticket ticket,
                                                     Call call) {
  Result<std::string> reply = co_await dispatch(worker.parts_.app, std::move(call));
  if (WsSession* session = worker.find(ref)) session->finish(ticket, std::move(reply));
}

void WsWorker::authenticate(SessionRef ref, Credentials credentials, std::string auth_id, Caller caller) {
  spawn(run_authentication(*this, ref, std::move(credentials), std::move(auth_id), std::move(caller)));
}

boost::asio::awaitable<void> WsWorker::run_authentication(WsWorker& worker, SessionRef ref, Credentials credentials,
                                                          std::string auth_id, Caller caller) {
  App& app = worker.parts_.app;
  auto identity = co_await aiim::authenticate(app, std::move(credentials));
  Result<std::string> sync_token = std::string();
  // The token is taken before the session is attached: it may repeat what the session gets as events, never skip.
  if (identity) {
    caller.identity = *identity;
    sync_token = co_await hello_sync_token(app, std::move(caller));
  }
  if (WsSession* session = worker.find(ref)) {
    session->authenticated(std::move(identity), std::move(sync_token), std::move(auth_id));
  }
}

}  // namespace aiim
