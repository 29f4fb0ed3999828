// What arrives on a WebSocket session, and what comes back from the operations that it asked for.
#include "base/log.h"
#include "net/admission.h"
#include "net/ws_aliases.h"
#include "net/ws_session.h"
#include "net/ws_worker.h"
#include "ops/operation.h"

namespace aiim {
namespace {

constexpr std::uint8_t bad_frames_max = 100;
constexpr std::uint32_t bad_frames_window_s = 60;

constexpr std::size_t shown_type_bytes_max = 64;

Error bad(std::string_view why) { return Error(ErrorCode::invalid_request, std::string(why)); }

/// Names the type, and the request that does what it says where only REST offers that.
Error no_such_type(std::string_view type) {
  for (const Op& op : operations()) {
    const OpRow& row = row_of(op);
    if (type == row.name && !*row.ws)
      return Error(ErrorCode::invalid_request, "this is offered over REST only: " + std::string(row.http));
  }
  if (type.size() > shown_type_bytes_max) return bad("there is no such type of frame");
  return Error(ErrorCode::invalid_request, "there is no such type of frame: " + std::string(type));
}

}  // namespace

void WsSession::take(const WsReader::Item& item) {
  using enum WsReader::What;
  if (state_ == State::closing) {  // only the answer to our close frame matters
    if (item.what == close) {
      peer_closed_ = true;
      if (outbox.empty()) bury(close_code_);
    }
    reader_failed_ = item.what == error;
    return;
  }
  worker_.counts.frames_in++;
  switch (item.what) {
    case text: return take_text(item.payload);
    case binary: refuse(bad("binary frames are not understood; send JSON text"), {}); return count_bad_frame();
    case ping: return send_control(WsOpcode::pong, item.payload);
    case close: return take_close(item.code);
    case error: reader_failed_ = true; return end(item.code, {});
    case pong:
    case need_more: return;
  }
}

void WsSession::take_close(std::uint16_t code) {
  peer_closed_ = true;
  end(code, {});
}

void WsSession::take_text(std::string_view text) {
  Envelope envelope = parse_envelope(worker_.parts().parser, text);
  if (envelope.error) {
    refuse(*envelope.error, envelope.id);
    if (envelope.malformed) count_bad_frame();
    return;
  }
  if (envelope.type == "ping") {
    take_ping(envelope);
  } else if (envelope.type == "auth") {
    take_auth(envelope);
  } else if (state_ != State::live) {
    refuse(Error(ErrorCode::unauthenticated, "send an auth frame first"), envelope.id);
    count_bad_frame();
  } else if (auto alias = rewrite_alias(envelope)) {
    take_alias(envelope, std::move(*alias));
  } else {
    take_operation(envelope, text);
  }
}

void WsSession::take_alias(const Envelope& envelope, Result<AliasedFrame> frame) {
  if (!frame) return refuse(frame.error(), envelope.id);
  if (frame->text.empty()) {
    if (!frame->answer.empty()) send(frame->answer);
    return;
  }
  std::size_t bytes = frame->text.size();
  frame->text.append(64, '\0');
  auto text = std::string_view(frame->text).substr(0, bytes);
  Envelope ours = parse_envelope(worker_.parts().parser, text);
  if (ours.error) return refuse(*ours.error, ours.id);  // it has become too large
  take_operation(ours, text, frame->op, std::move(frame->answer));
}

void WsSession::take_ping(const Envelope& envelope) {
  // Renewing streams is an operation; a bare ping is answered here.
  bool renews = envelope.data && state_ == State::live && !(*envelope.data)["stream_ids"].error();
  if (renews && find_ws_operation("ping")) return take_operation(envelope, {});
  if (envelope.id.empty()) return;
  auto& out = worker_.scratch();
  out.assign(R"({"type":"ack","id":)");
  append_json_string(out, envelope.id);
  out += R"(,"data":{"server_time":")";
  append_rfc3339(out, worker_.parts().app.clock.now());
  out += "\"}}";
  send(out);
}

void WsSession::take_auth(const Envelope& envelope) {
  std::string_view token;
  if (!envelope.data || (*envelope.data)["token"].get_string().get(token)) {
    return refuse(Error::field("data.token", "a string is required"), envelope.id);
  }
  if (Result<> charged = charge_address(worker_.parts().app, address_); !charged) {
    return refuse(charged.error(), envelope.id);
  }
  if (state_ == State::waiting) state_ = State::authenticating;
  if (state_ == State::live) reauthenticating_ = true;
  Credentials credentials;
  credentials.bearer = token;
  Caller caller;
  caller.request_id = session_id_;
  caller.address = address_;
  caller.language = language_;
  worker_.authenticate(ref_, std::move(credentials), std::string(envelope.id), std::move(caller));
}

bool WsSession::same_user(const Identity& other) const {
  return other.user_id == identity_->user_id && other.tenant_id == identity_->tenant_id;
}

void WsSession::authenticated(Result<std::shared_ptr<const Identity>> identity, Result<std::string> sync_token,
                              std::string auth_id) {
  if (state_ >= State::ending) return;
  std::optional<Error> failed;
  if (!identity) {
    failed = identity.error();
  } else if (!sync_token) {
    failed = sync_token.error();
  }
  if (failed) {
    send(error_frame(*failed, auth_id, language_));
    bool denied = info(failed->code).http_status == 401;
    return denied ? end(4401, "unauthenticated") : end(failed->code == ErrorCode::internal ? 1011 : 1012, {});
  }
  if (reauthenticating_) {
    reauthenticating_ = false;
    if (!same_user(**identity)) {
      Error other(ErrorCode::unauthenticated, "the token belongs to another user");
      send(error_frame(other, auth_id, language_));
      return end(4401, "unauthenticated");
    }
    identity_ = std::move(*identity);
    schedule();
    auto& out = worker_.scratch();
    write_ack(out, auth_id, {});
    if (!auth_id.empty()) send(out);
    return watch_for_resume();
  }
  identity_ = std::move(*identity);
  if (!identity_->may_read) {
    return turn_away(
        Error(ErrorCode::forbidden, "a connection shows what its user may read: this key's scopes do not cover that"),
        auth_id);
  }
  if (!count_user()) {
    Error many(ErrorCode::rate_limited, "this user has as many connections as one may have");
    many.retry_after_ms = 5000;
    return turn_away(many, auth_id);
  }
  auto ready = [&worker = worker_, ref = ref_, token = std::move(*sync_token), id = std::move(auth_id)](Result<> done) {
    if (WsSession* session = worker.find(ref)) session->attached(std::move(done), token, id);
  };
  worker_.hub().attach(*this, identity_->tenant_id, identity_->user_id, std::move(ready));
}

void WsSession::attached(Result<> done, std::string sync_token, std::string auth_id) {
  if (state_ != State::authenticating) return;
  if (!done) {
    send(error_frame(done.error(), auth_id, language_));
    return end(1012, {});
  }
  state_ = State::live;
  active_s_ = worker_.now_s();
  const App& app = worker_.parts().app;
  reader_ = WsReader(static_cast<std::size_t>(app.settings.body_bytes_max));
  Hello hello{session_id_,
              identity_->user_id,
              identity_->tenant_id,
              app.clock.now(),
              app.settings.heartbeat_s * 1000,
              app.settings.version,
              std::move(sync_token)};
  send(hello_frame(hello));
  if (!auth_id.empty()) {
    write_ack(worker_.scratch(), auth_id, {});
    send(worker_.scratch());
  }
  schedule();
  watch_for_resume();
}

// --- operations ---

void WsSession::take_operation(const Envelope& envelope, std::string_view text, const Op* op, std::string answer) {
  if (!op) op = find_ws_operation(envelope.type);
  if (!op) return refuse(no_such_type(envelope.type), envelope.id);
  if (row_of(*op).write && row_of(*op).attended) note_activity();
  auto& queue = busy().queue;
  ReplyQueue::Slot slot;
  slot.op = op;
  slot.write = row_of(*op).write;
  slot.id = envelope.id;
  slot.answer = std::move(answer);
  if (!slot.write && queue.writes_under_way() && !text.empty()) {
    slot.state = ReplyQueue::Slot::State::waiting;
    slot.text = text;
    queue.add(std::move(slot));
    return;
  }
  auto ticket = queue.add(std::move(slot));
  run(ticket, *op, envelope.data);
}

void WsSession::note_activity() {
  active_s_ = worker_.now_s();
  if (std::exchange(idle_, false)) worker_.hub().set_away(*this, Hub::Away::idle, false);
}

void WsSession::run(ReplyQueue::Ticket ticket, const Op& op, std::optional<Json> data) {
  Call call;
  call.op = &op;
  call.surface = Surface::websocket;
  call.body = data;
  call.caller.identity = identity_;
  call.caller.request_id = session_id_;
  call.caller.address = address_;
  call.caller.language = language_;
  worker_.run(ref_, ticket, std::move(call));
}

void WsSession::finish(ReplyQueue::Ticket ticket, Result<std::string> reply) {
  if (state_ >= State::ending || !busy_) return;
  auto* slot = busy_->queue.find(ticket);
  if (!slot) return;
  std::string text;
  if (!reply) {
    text = error_frame(reply.error(), slot->id, language_);
  } else if (!slot->answer.empty()) {
    text = std::move(slot->answer);
  } else if (!slot->id.empty()) {
    write_ack(text, slot->id, *reply);
  }
  busy_->queue.finish(ticket, std::move(text));
  answer_due();
  if (state_ >= State::ending) return;
  run_waiting_reads();
  if (state_ >= State::ending) return;
  if (draining_ && busy_ && busy_->queue.empty()) return end(1012, "draining");
  watch_for_resume();
  if (busy_ && busy_->queue.empty() && busy_->kept.empty()) worker_.give_back(std::move(busy_));
}

void WsSession::answer_due() {
  busy_->queue.take_replies([this](std::string_view text) { send(text); });
}

// Each may finish at once and so come back here: the queue is looked at afresh every time.
void WsSession::run_waiting_reads() {
  while (state_ == State::live && busy_) {
    auto [ticket, slot] = busy_->queue.next_read();
    if (!slot) return;
    const Op& op = *slot->op;
    auto text = std::exchange(slot->text, {});
    std::size_t bytes = text.size();
    text.append(64, '\0');
    Envelope envelope = parse_envelope(worker_.parts().parser, std::string_view(text).substr(0, bytes));
    run(ticket, op, envelope.data);
  }
}

void WsSession::refuse(const Error& error, std::string_view id) { send(error_frame(error, id, language_)); }

void WsSession::count_bad_frame() {
  if (worker_.now_s() - bad_since_s_ >= bad_frames_window_s) {
    bad_since_s_ = worker_.now_s();
    bad_frames_ = 0;
  }
  if (++bad_frames_ > bad_frames_max) end(4400, {});
}

}  // namespace aiim
