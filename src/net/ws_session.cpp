// The connection's life: start, reading and pausing, writing, time, the end. What arrives is judged in
// ws_session_input.cpp.
#include "net/ws_session.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/ids.h"
#include "base/log.h"
#include "core/address_rules.h"
#include "net/ws_worker.h"

namespace aiim {
namespace {

constexpr int write_parts_max = 64;
constexpr std::uint32_t close_wait_s = 3;  // for the peer's close frame, or for a slow peer to read ours
constexpr std::size_t unauthenticated_bytes_max = 16 * 1024;
constexpr std::size_t outbox_bytes_pause = 256 * 1024;  // replies pile up: take no more frames until they are read
constexpr std::size_t padding = 64;                     // readable bytes that the reader and simdjson want behind input

constexpr std::string_view bye_reasons[] = {"", "draining", "slow_consumer", "replaced", "unauthenticated"};

std::uint8_t bye_index(std::string_view reason) {
  for (std::size_t i = 1; i < std::size(bye_reasons); ++i) {
    if (bye_reasons[i] == reason) return static_cast<std::uint8_t>(i);
  }
  return 0;
}

std::uint32_t seconds(std::int64_t setting) { return static_cast<std::uint32_t>(std::max<std::int64_t>(1, setting)); }

}  // namespace

WsSession::WsSession(WsWorker& worker, SessionRef ref, WsOpening opening, Transport transport)
    : worker_(worker),
      ref_(ref),
      transport_(std::move(transport)),
      language_(opening.language),
      heard_s_(worker.now_s()),
      deadline_s_(worker.now_s() + seconds(worker.parts().app.settings.auth_frame_s) + 1),
      opened_s_(worker.now_s()),
      active_s_(worker.now_s()),
      reader_(unauthenticated_bytes_max),
      address_(std::move(opening.address)),
      slot_(std::move(opening.slot)) {
  auto heartbeat = seconds(worker.parts().app.settings.heartbeat_s);
  ping_s_ = worker.now_s() + 1 + ref.index % heartbeat;  // spread: many may have come at once
  session_id_ = make_id("sess_", worker.parts().app.clock.now());
}

WsSession::~WsSession() = default;

WsSession::Busy& WsSession::busy() {
  if (!busy_) busy_ = worker_.take_busy();
  return *busy_;
}

std::string_view WsSession::credential_id() const {
  return identity_ ? std::string_view(identity_->credential_id) : std::string_view();
}

void WsSession::start(std::optional<Credentials> credentials, std::string leftover) {
  schedule();
  if (!leftover.empty()) busy().kept = std::move(leftover);
  if (credentials) {
    state_ = State::authenticating;
    Caller caller;
    caller.request_id = session_id_;
    caller.address = address_;
    caller.language = language_;
    worker_.authenticate(ref_, std::move(*credentials), {}, std::move(caller));
  } else {
    EdgeState& shared = worker_.parts().shared;
    counted_key_ = shared.waiting_sockets.key_of(limited_address(address_));
    if (!shared.waiting_sockets.take(counted_key_, worker_.parts().app.settings.waiting_per_address_max)) {
      return turn_away(Error(ErrorCode::rate_limited, "too many connections of this address wait for an auth frame"),
                       {});
    }
    counted_ = Counted::waiting;
    if (busy_) worker_.resume_later(*this);
  }
  update_interest();
}

// --- counted connections ---

bool WsSession::count_user() {
  uncount();
  EdgeState& shared = worker_.parts().shared;
  counted_key_ = shared.user_sessions.key_of(identity_->tenant_id, identity_->user_id);
  if (!shared.user_sessions.take(counted_key_, worker_.parts().app.settings.sessions_per_user_max)) return false;
  counted_ = Counted::user;
  return true;
}

void WsSession::uncount() {
  EdgeState& shared = worker_.parts().shared;
  if (counted_ == Counted::waiting) shared.waiting_sockets.give_back(counted_key_);
  if (counted_ == Counted::user) shared.user_sessions.give_back(counted_key_);
  counted_ = Counted::no;
}

// --- reading ---

bool WsSession::paused() const {
  if (state_ == State::authenticating || state_ >= State::ending) return true;
  return reauthenticating_ || draining_ || (busy_ && busy_->queue.full()) || outbox.bytes() > outbox_bytes_pause;
}

// What was read before comes first: until it has been looked at, nothing more is read.
bool WsSession::holds_input() const { return busy_ && !busy_->kept.empty(); }

void WsSession::update_interest() {
  if (state_ == State::buried) return;
  bool reads = state_ == State::closing || (!paused() && !holds_input());
  std::uint32_t wanted = (reads ? EPOLLIN : 0u) | (write_blocked_ ? EPOLLOUT : 0u);
  if (wanted == interest_) return;
  interest_ = wanted;
  worker_.set_interest(*this, wanted);
}

void WsSession::on_readable() {
  if (state_ == State::buried || !(interest_ & EPOLLIN) || resuming_) return;
  if (state_ != State::closing && (paused() || holds_input())) return update_interest();
  auto got = transport_.receive(worker_.buffer(), WsWorker::buffer_bytes);
  if (transport_.unsent() && !std::exchange(dirty_, true)) worker_.mark_dirty(*this);
  if (got.outcome == Transport::Outcome::would_block) return;
  if (got.outcome == Transport::Outcome::closed) return bury(1006);
  heard_s_ = worker_.now_s();
  worker_.counts.bytes_in += got.bytes;
  process(worker_.buffer(), got.bytes);
}

// The kernel reports this whatever one asks for: a paused session must not spin on it.
void WsSession::on_hangup() { bury(1006); }

void WsSession::process(char* input, std::size_t bytes) {
  while (state_ == State::closing || !paused()) {
    auto item = reader_.next(input, bytes);
    if (item.what == WsReader::What::need_more) break;
    take(item);
    if (state_ == State::buried || reader_failed_) break;
  }
  if (state_ == State::buried) return;
  if (bytes > 0 && state_ < State::ending && !reader_failed_) busy().kept.assign(input, bytes);
  update_interest();
}

// A pause is over: goes on at the end of this turn.
void WsSession::watch_for_resume() {
  if (state_ >= State::ending || resuming_ || paused()) return;
  if (!holds_input()) return update_interest();
  resuming_ = true;
  worker_.resume_later(*this);
}

void WsSession::resume() {
  resuming_ = false;
  if (state_ >= State::ending) return;
  if (paused()) return update_interest();
  std::string kept = busy_ ? std::exchange(busy_->kept, {}) : std::string();
  std::size_t bytes = kept.size();
  kept.append(padding, '\0');
  if (bytes > 0) process(kept.data(), bytes);
  if (state_ == State::buried) return;
  update_interest();
  if (busy_ && busy_->queue.empty() && busy_->kept.empty()) worker_.give_back(std::move(busy_));
}

// --- writing ---

void WsSession::mark_dirty() {
  worker_.counts.frames_out++;
  if (dirty_) return;
  dirty_ = true;
  worker_.mark_dirty(*this);
}

void WsSession::send(std::string_view json) { worker_.hub().send(*this, json); }

void WsSession::send_control(WsOpcode opcode, std::string_view payload) {
  if (outbox.bytes() > outbox_bytes_pause) return;  // a peer that does not read gets no more of them
  outbox.push(worker_.hub().frames().put(payload, opcode));
  mark_dirty();
}

void WsSession::on_writable() {
  write_blocked_ = false;
  if (!std::exchange(dirty_, true)) worker_.mark_dirty(*this);
}

// While the socket takes no more, what is queued waits for EPOLLOUT: trying again each turn would only cost.
void WsSession::flush() {
  dirty_ = false;
  if (state_ == State::buried || write_blocked_) return;
  while (!outbox.empty() || transport_.unsent()) {
    std::array<iovec, write_parts_max> parts;
    int count = outbox.gather(parts.data(), write_parts_max);
    std::size_t wanted = 0;
    for (int i = 0; i < count; ++i) wanted += parts[static_cast<std::size_t>(i)].iov_len;
    auto put = transport_.send(parts.data(), count);
    if (put.outcome == Transport::Outcome::closed) return bury(1006);
    outbox.consume(put.bytes);
    worker_.counts.bytes_out += put.bytes;
    if (put.bytes < wanted || put.outcome == Transport::Outcome::would_block) {
      write_blocked_ = true;
      break;
    }
  }
  if (state_ == State::closing && outbox.empty() && !transport_.unsent()) {
    if (peer_closed_) return bury(close_code_);
    if (reader_failed_) transport_.finish_sending();
  }
  update_interest();
  // Not only after a full outbox: moving its bytes together may have made room before this.
  if (holds_input()) watch_for_resume();
}

// --- time ---

void WsSession::schedule() {
  std::uint32_t due = deadline_s_;
  if (state_ == State::live) {
    due = std::min(ping_s_, heard_s_ + seconds(worker_.parts().app.settings.silent_s));
    if (!idle_) due = std::min(due, active_s_ + seconds(worker_.parts().app.settings.away_s));
    auto left_ms = identity_->expires_at - worker_.parts().app.clock.now();
    if (left_ms < std::int64_t{Wheel::seconds} * 1000) {
      due = std::min(due,
                     worker_.now_s() + static_cast<std::uint32_t>(std::max<std::int64_t>(0, (left_ms + 999) / 1000)));
    }
  }
  due_s_ = worker_.schedule(ref_, due);
}

void WsSession::on_due(std::uint32_t due_s) {
  if (due_s != due_s_ || state_ == State::buried) return;
  const Settings& settings = worker_.parts().app.settings;
  auto now_s = worker_.now_s();
  if (state_ == State::live) {
    if (identity_->expires_at <= worker_.parts().app.clock.now()) {
      reject(Error(ErrorCode::unauthenticated, "the credentials have expired"));
    } else if (now_s - heard_s_ >= seconds(settings.silent_s)) {
      end(4408, {});
    } else if (now_s >= ping_s_) {
      ping_s_ = now_s + seconds(settings.heartbeat_s);
      send_control(WsOpcode::ping, {});
    }
    if (state_ == State::live && !idle_ && now_s - active_s_ >= seconds(settings.away_s)) {
      idle_ = true;
      worker_.hub().set_away(*this, Hub::Away::idle, true);
    }
  } else if (now_s >= deadline_s_) {
    if (state_ == State::closing) return bury(close_code_);
    if (state_ == State::waiting) {
      reject(Error(ErrorCode::unauthenticated, "no auth frame came in time"));
    } else if (state_ == State::authenticating) {
      end(1012, {});  // whoever should say who this is does not answer
    }
  }
  schedule();
}

// --- the end ---

void WsSession::reject(const Error& error) {
  if (state_ >= State::ending) return;
  send(error_frame(error, {}, language_));
  end(4401, "unauthenticated");
}

void WsSession::turn_away(const Error& error, std::string_view id) {
  if (state_ >= State::ending) return;
  send(error_frame(error, id, language_));
  end(static_cast<std::uint16_t>(info(error.code).close_code), {});
}

void WsSession::end(std::uint16_t close_code, std::string_view bye_reason) {
  if (state_ >= State::ending) return;
  state_ = State::ending;
  close_code_ = close_code;
  bye_ = bye_index(bye_reason);
  if (close_code == 4008) worker_.parts().metrics.slow_consumers.add();
  worker_.conclude_later(*this);
}

void WsSession::drain() {
  if (state_ >= State::ending || draining_) return;
  draining_ = true;
  if (state_ != State::live || !busy_ || busy_->queue.empty()) return end(1012, "draining");
  update_interest();
}

void WsSession::conclude() {
  if (state_ != State::ending) return;
  worker_.hub().detach(*this);
  uncount();
  state_ = State::closing;
  auto& frames = worker_.hub().frames();
  if (bye_ != 0) {
    bool drains = bye_reasons[bye_] == "draining";
    outbox.push(frames.put(bye_frame(bye_reasons[bye_], drains ? worker_.spread_ms(5000) : 0)));
  }
  bool silent_code = close_code_ == 1005 || close_code_ == 1006;  // never on the wire
  outbox.push(frames.put(silent_code ? std::string() : ws_close_payload(close_code_, {}), WsOpcode::close));
  if (busy_) worker_.give_back(std::move(busy_));
  deadline_s_ = worker_.now_s() + close_wait_s;
  schedule();
  mark_dirty();
}

void WsSession::bury(std::uint16_t code_if_none) {
  if (state_ == State::buried) return;
  auto code = close_code_ != 0 ? close_code_ : code_if_none;
  state_ = State::buried;
  worker_.hub().detach(*this);
  uncount();
  if (busy_) worker_.give_back(std::move(busy_));
  log_info("session_closed", {{"session_id", session_id_},
                              {"code", code},
                              {"seconds", worker_.now_s() - opened_s_},
                              {"tenant_id", identity_ ? std::string_view(identity_->tenant_id) : std::string_view()},
                              {"user_id", identity_ ? std::string_view(identity_->user_id) : std::string_view()}});
  worker_.bury(*this, code);
  transport_.close();
}

}  // namespace aiim
