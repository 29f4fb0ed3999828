#include "ops/messages.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/ids.h"
#include "core/content_rules.h"
#include "ops/common.h"
#include "ops/in_conversation.h"
#include "ops/operation.h"
#include "ops/streams.h"
#include "store/idempotency.h"

namespace aiim {
namespace {

// Over what the client asked for, so that a repeat is told from another request under the same key.
std::string hash_of(const MessageDraft& draft) {
  std::string text(name_of(draft.type));
  text.append("\n").append(draft.reply_to.value_or("")).append("\n").append(draft.content.text);
  return hex(bytes_of(sha256(text)));
}

Result<MessageDraft> make_draft(const Caller& caller, SendMessage request, Time now) {
  MessageDraft draft;
  draft.type = request.type.value_or(MessageType::text);
  TRY_AS(accepted, accept_content(draft.type, request.content, caller.identity->kind));
  TRY_AS(key, idempotency_key(caller, request.client_msg_id));
  draft.tenant_id = caller.tenant_id();
  draft.conversation_id = std::move(request.conversation_id);
  draft.message_id = make_id("msg_", now);
  draft.sender_id = caller.user_id();
  draft.content = std::move(accepted.content);
  draft.mentions = std::move(accepted.mentions);
  draft.reply_to = std::move(request.reply_to);
  draft.client_msg_id = std::move(key);
  if (draft.client_msg_id) draft.request_hash = hash_of(draft);
  return draft;
}

Result<> check_emoji(std::string_view emoji) {
  auto bad = [](unsigned char c) { return c <= 0x20 || c == 0x7F; };
  if (emoji.empty() || emoji.size() > 64 || std::any_of(emoji.begin(), emoji.end(), bad)) {
    return Error::field("emoji", "must have 1 to 64 bytes without spaces");
  }
  return {};
}

Result<CursorStep> step_of(const Caller& caller, MarkRequest request, bool read) {
  if (request.user_id && *request.user_id != caller.user_id()) return Error::field("user_id", "must be your own");
  CursorStep step;
  step.tenant_id = caller.tenant_id();
  step.conversation_id = std::move(request.conversation_id);
  step.user_id = caller.user_id();
  step.seq = request.seq ? request.seq : request.last_read_seq;
  step.message_id = request.message_id ? request.message_id : request.last_read_message_id;
  step.read = read;
  if (!step.seq && !step.message_id) return Error::field("seq", "give a seq or a message_id");
  if (step.seq && *step.seq < 0) return Error::field("seq", "must not be negative");
  return step;
}

Async<Nothing> mark(App& app, Caller caller, MarkRequest request, bool read) {
  CO_TRY_AS(step, step_of(caller, std::move(request), read));
  CO_TRY_AS(outcome, co_await app.store.advance(std::move(step)));
  switch (outcome.verdict) {
    case CursorOutcome::Verdict::moved:
    case CursorOutcome::Verdict::unmoved: co_return Nothing();
    case CursorOutcome::Verdict::no_member: co_return Error(ErrorCode::not_found);
    case CursorOutcome::Verdict::no_message: co_return Error::field("message_id", "is no message of this conversation");
    case CursorOutcome::Verdict::beyond_last: co_return Error::field("seq", "is above the conversation's last_seq");
  }
  co_return Error(ErrorCode::internal);
}

Async<MessageReply> change_reaction(App& app, Caller caller, React request, bool remove) {
  CO_TRY(check_emoji(request.emoji));
  auto change = [&](Tx& tx, Membership& m) -> Result<MessageReply> {
    TRY_AS(message, react(tx, m, request.message_id, request.emoji, remove));
    return MessageReply{std::move(message)};
  };
  co_return co_await with_locked<MessageReply>(app, caller, request.conversation_id, change);
}

}  // namespace

SendAck send_ack(const MessageSent& sent) {
  const Message& message = sent.message;
  return {message.message_id, message.conversation_id, message.client_msg_id, message.seq,
          message.rev,        message.created_at,      sent.duplicate};
}

RevAck rev_ack(const MessageReply& reply) { return {reply.message.rev}; }

Async<MessageSent> send_message(App& app, Caller caller, SendMessage request) {
  if (request.type == MessageType::stream_chunk) {
    co_return co_await send_stream_chunk(app, std::move(caller), std::move(request));
  }
  CO_TRY_AS(draft, make_draft(caller, std::move(request), app.clock.now()));
  CO_TRY_AS(outcome, co_await app.store.append(std::move(draft)));
  switch (outcome.verdict) {
    case AppendOutcome::Verdict::appended: co_return MessageSent{std::move(outcome.message), false};
    case AppendOutcome::Verdict::duplicate: co_return MessageSent{std::move(outcome.message), true};
    case AppendOutcome::Verdict::mismatch: co_return other_request_has_key();
    case AppendOutcome::Verdict::no_member: co_return Error(ErrorCode::not_found);
    case AppendOutcome::Verdict::bad_reply: co_return Error::field("reply_to", "is no message of this conversation");
  }
  co_return Error(ErrorCode::internal);
}

Async<MessagesPage> read_messages_op(App& app, Caller caller, ReadMessages request) {
  CO_TRY_AS(limit, page_size(request.limit));
  PagePosition position{request.before_seq, request.after_seq, request.around_seq};
  if (position.before_seq.has_value() + position.after_seq.has_value() + position.around_seq.has_value() > 1) {
    co_return Error::field("before_seq", "give only one of before_seq, after_seq, around_seq");
  }
  auto look = [&](Db& db, const Membership& m) { return read_messages(db, m, position, limit); };
  co_return co_await with_member<MessagesPage>(app, caller, request.conversation_id, look);
}

Async<MessageReply> get_message(App& app, Caller caller, MessageId request) {
  auto look = [&](Db& db, const Membership& m) -> Result<MessageReply> {
    TRY_AS(message, read_message(db, m, request.message_id));
    return MessageReply{std::move(message)};
  };
  co_return co_await with_member<MessageReply>(app, caller, request.conversation_id, look);
}

Async<MessageReply> edit_message_op(App& app, Caller caller, EditMessage request) {
  auto change = [&](Tx& tx, Membership& m) -> Result<MessageReply> {
    TRY_AS(message, edit_message(tx, m, request.message_id, request.content, caller.identity->kind));
    return MessageReply{std::move(message)};
  };
  co_return co_await with_locked<MessageReply>(app, caller, request.conversation_id, change);
}

Async<MessageReply> recall_message_op(App& app, Caller caller, MessageId request) {
  auto change = [&](Tx& tx, Membership& m) -> Result<MessageReply> {
    TRY_AS(message, recall_message(tx, m, request.message_id));
    TRY(audit(tx, caller, "recall_message", request.conversation_id, request.message_id));
    return MessageReply{std::move(message)};
  };
  co_return co_await with_locked<MessageReply>(app, caller, request.conversation_id, change);
}

Async<MessageReply> react_op(App& app, Caller caller, React request) {
  bool remove = request.remove.value_or(false);
  co_return co_await change_reaction(app, std::move(caller), std::move(request), remove);
}

Async<MessageReply> unreact_op(App& app, Caller caller, React request) {
  co_return co_await change_reaction(app, std::move(caller), std::move(request), true);
}

Async<Nothing> mark_delivered(App& app, Caller caller, MarkRequest request) {
  co_return co_await mark(app, std::move(caller), std::move(request), false);
}

Async<Nothing> mark_read(App& app, Caller caller, MarkRequest request) {
  co_return co_await mark(app, std::move(caller), std::move(request), true);
}

Async<ReceiptsReply> get_receipts(App& app, Caller caller, MessageId request) {
  auto look = [&](Db& db, const Membership& m) -> Result<ReceiptsReply> {
    TRY_AS(message, read_message(db, m, request.message_id));
    TRY_AS(receipts, read_receipts(db, m, message));
    return ReceiptsReply{request.conversation_id, request.message_id, std::move(receipts)};
  };
  co_return co_await with_member<ReceiptsReply>(app, caller, request.conversation_id, look);
}

OPERATION(send_message, send_ack);
OPERATION(read_messages_op);
OPERATION(get_message);
OPERATION(edit_message_op, rev_ack);
OPERATION(recall_message_op, rev_ack);
OPERATION(react_op, rev_ack);
OPERATION(unreact_op);
OPERATION(mark_delivered);
OPERATION(mark_read);
OPERATION(get_receipts);

}  // namespace aiim
