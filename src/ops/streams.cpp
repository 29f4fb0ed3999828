#include "ops/streams.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/crypto.h"
#include "base/ids.h"
#include "base/log.h"
#include "core/content_rules.h"
#include "core/stream_assembly.h"
#include "hub/hub.h"
#include "ops/common.h"
#include "ops/operation.h"
#include "store/history.h"
#include "store/idempotency.h"
#include "store/streams.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

constexpr int watch_rounds_max = 10;
constexpr std::size_t usage_bytes_max = 4096;

struct Beginning {
  std::string conversation_id;
  std::optional<std::string> reply_to;
  std::optional<std::string> client_msg_id;
};

Result<MessageDraft> draft_of(const Caller& caller, Beginning beginning, Time now) {
  TRY_AS(key, idempotency_key(caller, beginning.client_msg_id));
  MessageDraft draft;
  draft.tenant_id = caller.tenant_id();
  draft.conversation_id = std::move(beginning.conversation_id);
  draft.message_id = make_id("msg_", now);
  draft.sender_id = caller.user_id();
  draft.type = caller.identity->kind == UserKind::bot ? MessageType::ai : MessageType::text;
  draft.content = text_content("");
  draft.reply_to = std::move(beginning.reply_to);
  draft.client_msg_id = std::move(key);
  if (draft.client_msg_id) draft.request_hash = hex(bytes_of(sha256("stream\n" + draft.reply_to.value_or(""))));
  draft.stream = true;
  return draft;
}

/// The stream's message, new or of an earlier start under the same client_msg_id.
Result<Message> begin(App& app, Tx& tx, const MessageDraft& draft, bool& duplicate) {
  TRY_AS(outcome, begin_stream(tx, draft, app.settings.open_streams_max));
  duplicate = outcome.verdict == AppendOutcome::Verdict::duplicate;
  switch (outcome.verdict) {
    case AppendOutcome::Verdict::appended:
    case AppendOutcome::Verdict::duplicate: return std::move(outcome.message);
    case AppendOutcome::Verdict::mismatch: return other_request_has_key();
    case AppendOutcome::Verdict::no_member: return Error(ErrorCode::not_found);
    case AppendOutcome::Verdict::bad_reply: return Error::field("reply_to", "is no message of this conversation");
  }
  return Error(ErrorCode::internal);
}

StreamOutcome outcome_of(StreamStatus status) {
  switch (status) {
    case StreamStatus::complete: return StreamOutcome::complete;
    case StreamStatus::error: return StreamOutcome::error;
    case StreamStatus::cancelled: return StreamOutcome::cancelled;
  }
  return StreamOutcome::error;
}

StreamEnding ending_of(StreamOutcome outcome) {
  StreamEnding ending;
  ending.outcome = outcome;
  return ending;
}

/// What a watcher at a position lacks.
struct Missing {
  std::string frame;  // a delta when the appends are still there, else a snapshot; empty: nothing
  std::string conversation_id;
  std::int64_t n = 0;  // where it stands with that
  bool ended = false;
};

Session* session_of(App& app, const Caller& caller) {
  for (Session* session : app.hub.sessions_of(caller.tenant_id(), caller.user_id())) {
    if (session->session_id() == caller.request_id) return session;
  }
  return nullptr;
}

/// To this one connection, after the reply that is being made has been sent: a posted function runs later on the
/// worker.
void tell_later(App& app, const Caller& caller, std::string stream_id, Missing missing) {
  auto tell = [&app, caller, stream_id = std::move(stream_id), missing = std::move(missing)] {
    if (Session* session = session_of(app, caller))
      app.hub.caught_up(*session, caller.tenant_id(), missing.conversation_id, stream_id, missing.frame);
  };
  asio::post(app.io, std::move(tell));
}

Result<Missing> missing_after(Db& db, const Caller& caller, const std::string& stream_id, std::int64_t n) {
  TRY_AS(place, find_stream(db, caller.tenant_id(), caller.user_id(), stream_id));
  Message& message = place.message;
  TRY(show_streaming(db, caller.tenant_id(), {&message, 1}));
  std::int64_t last = message.chunk_index.value_or(0);
  if (n > last) return Error::field("n", "is above the stream's last n");
  Missing missing{{}, message.conversation_id, last, message.status != MessageStatus::streaming};
  if (n > 0 && n == last) return missing;
  if (n > 0 && !missing.ended) {
    TRY_AS(ops, appends_after(db, caller.tenant_id(), stream_id, n));
    missing.frame = stream_delta(message.conversation_id, stream_id, n + 1, last, encode(ops));
  } else {
    missing.frame = stream_snapshot(message.conversation_id, stream_id, last, message.content.text);
  }
  return missing;
}

}  // namespace

Async<StreamStarted> start_stream(App& app, Caller caller, StartStream request) {
  Beginning beginning{std::move(request.conversation_id), std::move(request.reply_to),
                      std::move(request.client_msg_id)};
  CO_TRY_AS(draft, draft_of(caller, std::move(beginning), app.clock.now()));
  std::function<Result<StreamStarted>(Tx&)> job = [&](Tx& tx) -> Result<StreamStarted> {
    bool duplicate = false;
    TRY_AS(message, begin(app, tx, draft, duplicate));
    return StreamStarted{message.message_id, message.seq, message.rev, stream_lease_ms, duplicate};
  };
  co_return co_await app.store.write<StreamStarted>(std::move(job));
}

Async<StreamAppended> append_stream(App& app, Caller caller, AppendStream request) {
  if (request.n < 1) co_return Error::field("n", "counts from 1");
  CO_TRY(check_stream_ops(request.ops));
  std::vector<StreamOp> joined;
  join_stream_ops(joined, request.ops);
  StreamAppend append{caller.tenant_id(), caller.user_id(), std::move(request.stream_id), request.n,
                      RawJson{encode(joined)}};
  CO_TRY_AS(outcome, co_await app.store.append_stream(append));
  if (outcome.verdict == StreamAppendOutcome::Verdict::refused) {
    std::function<Result<StreamAppended>(Db&)> why = [&](Db& db) -> Result<StreamAppended> {
      return explain_refusal(db, append);
    };
    co_return co_await app.store.read<StreamAppended>(std::move(why));
  }
  CO_TRY(result_of(outcome));
  co_return StreamAppended{request.n};
}

Async<Nothing> end_stream_op(App& app, Caller caller, EndStream request) {
  if (request.finish_reason) {
    CO_TRY(check_name("finish_reason", *request.finish_reason));
  }
  if (request.usage && request.usage->text.size() > usage_bytes_max) {
    co_return Error::field("usage", "at most 4096 bytes of JSON");
  }
  std::function<Result<Nothing>(Tx&)> job = [&](Tx& tx) -> Result<Nothing> {
    TRY_AS(place, find_stream(tx.db, caller.tenant_id(), caller.user_id(), request.stream_id));
    if (place.message.sender_id != caller.user_id())
      return Error(ErrorCode::forbidden, "only its writer ends a stream; others cancel it");
    StreamEnding ending{outcome_of(request.status.value_or(StreamStatus::complete)), request.finish_reason,
                        request.usage};
    TRY_AS(ended, end_stream(tx, caller.tenant_id(), request.stream_id, ending));
    if (!ended) return written_too_late();
    return Nothing();
  };
  co_return co_await app.store.write<Nothing>(std::move(job));
}

Async<Nothing> cancel_stream(App& app, Caller caller, StreamId request) {
  std::function<Result<Nothing>(Tx&)> job = [&](Tx& tx) -> Result<Nothing> {
    TRY(find_stream(tx.db, caller.tenant_id(), caller.user_id(), request.stream_id));
    TRY_AS(ended, end_stream(tx, caller.tenant_id(), request.stream_id, ending_of(StreamOutcome::cancelled)));
    if (!ended) return written_too_late();
    return Nothing();
  };
  co_return co_await app.store.write<Nothing>(std::move(job));
}

Async<Nothing> watch_stream(App& app, Caller caller, WatchStream request) {
  if (request.n < 0) co_return Error::field("n", "must not be negative");
  for (int round = 1;; ++round) {
    std::function<Result<Missing>(Db&)> job = [&](Db& db) {
      return missing_after(db, caller, request.stream_id, request.n);
    };
    CO_TRY_AS(missing, co_await app.store.read<Missing>(std::move(job)));
    Session* session = session_of(app, caller);
    // While it was read a later delta may have gone out, or the end: then what was read would leave a gap.
    const bool fits =
        missing.ended || !session ||
        app.hub.catch_up(*session, caller.tenant_id(), missing.conversation_id, request.stream_id, missing.n);
    if (!fits && round < watch_rounds_max) continue;
    tell_later(app, caller, std::move(request.stream_id), std::move(missing));
    co_return Nothing();
  }
}

namespace {

bool writes_text(const StreamChunk& request) { return request.chunk && !request.chunk->empty(); }

/// Does an ended stream hold already what is asked? An end alone is repeated by any end.
bool repeats(const StreamChunk& request, const Message& ended) {
  if (!writes_text(request)) return true;
  return request.chunk_index && *request.chunk_index <= ended.chunk_index.value_or(0);
}

StreamAppend chunk_of(const Caller& caller, const StreamChunk& request, const std::string& stream_id) {
  StreamOp op;
  op.delta = *request.chunk;
  return {caller.tenant_id(), caller.user_id(), stream_id, request.chunk_index.value_or(0),
          RawJson{encode(std::vector<StreamOp>{std::move(op)})}};
}

/// With what an open stream holds so far. That takes as long as the stream is: too long for a write, for which all
/// others wait. What cannot be read is left out, since the chunk is stored.
Async<MessageReply> shown(App& app, Caller caller, MessageReply written) {
  if (written.message.status != MessageStatus::streaming) co_return written;
  std::function<Result<MessageReply>(Db&)> job = [&](Db& db) -> Result<MessageReply> {
    TRY_AS(place, find_stream(db, caller.tenant_id(), caller.user_id(), written.message.message_id));
    TRY(show_streaming(db, caller.tenant_id(), {&place.message, 1}));
    return MessageReply{std::move(place.message)};
  };
  Result<MessageReply> read = co_await app.store.read<MessageReply>(std::move(job));
  co_return read ? std::move(*read) : std::move(written);
}

}  // namespace

Async<MessageReply> stream_chunk(App& app, Caller caller, StreamChunk request) {
  if (request.chunk_index && *request.chunk_index < 1) co_return Error::field("chunk_index", "counts from 1");
  bool ends = request.stream_end.value_or(false);
  bool writes = writes_text(request);
  if (!writes && !ends) co_return Error::field("chunk", "must not be empty unless stream_end is true");
  Beginning beginning{request.conversation_id, std::nullopt, request.client_msg_id};
  CO_TRY_AS(draft, draft_of(caller, std::move(beginning), app.clock.now()));
  // In one transaction: where the chunk is refused, no stream was started for it.
  std::function<Result<MessageReply>(Tx&)> job = [&](Tx& tx) -> Result<MessageReply> {
    bool duplicate = false;
    TRY_AS(begun, begin(app, tx, draft, duplicate));
    if (begun.is_end && repeats(request, begun)) return MessageReply{std::move(begun)};
    if (writes) {
      TRY(append_to_stream(tx, chunk_of(caller, request, begun.message_id)));
    }
    if (ends) {
      TRY_AS(ended, end_stream(tx, caller.tenant_id(), begun.message_id, ending_of(StreamOutcome::complete)));
      if (!ended) return written_too_late();
    }
    TRY_AS(place, find_stream(tx.db, caller.tenant_id(), caller.user_id(), begun.message_id));
    return MessageReply{std::move(place.message)};
  };
  CO_TRY_AS(written, co_await app.store.write<MessageReply>(std::move(job)));
  co_return co_await shown(app, std::move(caller), std::move(written));
}

namespace {

struct ChunkContent {
  std::optional<std::string> chunk;
  std::optional<std::string> text;
  std::optional<bool> stream_end;
  std::optional<bool> is_end;
  std::optional<std::int64_t> chunk_index;
};
BOOST_DESCRIBE_STRUCT(ChunkContent, (), (chunk, text, stream_end, is_end, chunk_index))

Result<StreamChunk> chunk_in(const Caller& caller, SendMessage request) {
  TRY_AS(key, idempotency_key(caller, request.client_msg_id));
  if (!key) return Error::field("client_msg_id", "is required: it names the stream");
  thread_local JsonParser parser;
  TRY_AS(json, parser.parse(request.content.text));
  ChunkContent content;
  if (std::string_view bare; !json.get_string().get(bare)) {
    content.chunk = bare;
  } else {
    TRY(decode_into(type_of<ChunkContent>(), &content, json));
  }
  StreamChunk chunk;
  chunk.conversation_id = std::move(request.conversation_id);
  chunk.chunk = content.chunk ? std::move(content.chunk) : std::move(content.text);
  chunk.stream_end = content.stream_end ? content.stream_end : content.is_end;
  chunk.client_msg_id = std::move(*key);
  chunk.chunk_index = content.chunk_index;
  return chunk;
}

}  // namespace

Async<MessageSent> send_stream_chunk(App& app, Caller caller, SendMessage request) {
  CO_TRY_AS(chunk, chunk_in(caller, std::move(request)));
  CO_TRY_AS(reply, co_await stream_chunk(app, std::move(caller), std::move(chunk)));
  co_return MessageSent{std::move(reply.message), false};
}

namespace {

constexpr std::int64_t sweep_ms = 1000;
constexpr std::int64_t sweep_batch = 100;

Async<std::vector<OpenStream>> read_expired(App& app, Time now) {
  std::function<Result<std::vector<OpenStream>>(Db&)> job = [&](Db& db) {
    return expired_streams(db, now, sweep_batch);
  };
  co_return co_await app.store.read<std::vector<OpenStream>>(std::move(job));
}

Async<Nothing> interrupt(App& app, const OpenStream& stream) {
  std::function<Result<Nothing>(Tx&)> job = [&](Tx& tx) -> Result<Nothing> {
    TRY(end_stream(tx, stream.tenant_id, stream.stream_id, ending_of(StreamOutcome::interrupted), tx.now));
    return Nothing();
  };
  co_return co_await app.store.write<Nothing>(std::move(job));
}

}  // namespace

asio::awaitable<void> sweep_streams(App& app) {
  asio::steady_timer timer(app.io);
  for (;;) {
    timer.expires_after(std::chrono::milliseconds(sweep_ms));
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    auto expired = co_await read_expired(app, app.clock.now());
    if (!expired) continue;
    for (const OpenStream& stream : *expired) {
      Result<Nothing> done = co_await interrupt(app, stream);
      if (!done) log_warn("stream_not_ended", {{"stream_id", stream.stream_id}, {"error", done.error().detail}});
    }
  }
}

OPERATION(start_stream);
OPERATION(append_stream);
OPERATION(end_stream_op);
OPERATION(cancel_stream);
OPERATION(watch_stream);
OPERATION(stream_chunk);

}  // namespace aiim
