#include "store/streams.h"

#include "core/stream_assembly.h"
#include "store/history.h"
#include "store/message_rows.h"
#include "store/publishing.h"

namespace aiim {
namespace {

const Statement select_stream_message("select_stream_message",
                                      "SELECT " MESSAGE_COLUMNS
                                      " FROM im_messages WHERE tenant_id = $1 AND message_id = $2");
const Statement select_appends(
    "select_appends",
    "SELECT n, ops FROM stream_appends WHERE tenant_id = $1 AND stream_id = $2 AND n > $3 ORDER BY n");
const Statement delete_open_stream(
    "delete_open_stream",
    "DELETE FROM open_streams WHERE tenant_id = $1 AND stream_id = $2 AND lease_until < $3 "
    "RETURNING n");
const Statement delete_appends("delete_appends", "DELETE FROM stream_appends WHERE tenant_id = $1 AND stream_id = $2");
const Statement update_ended(
    "update_ended",
    "UPDATE im_messages SET content = $3, status = 'sent', is_end = TRUE, chunk_index = $4, " MESSAGE_REV("$5") " "
    "WHERE tenant_id = $1 AND message_id = $2");
const Statement renew_stream(
    "renew_stream",
    "UPDATE open_streams SET lease_until = $4 WHERE tenant_id = $1 AND stream_id = $2 AND sender_id = $3 "
    "AND lease_until >= $5 AND EXISTS "
    "(SELECT 1 FROM conversation_members m WHERE m.conversation_id = open_streams.conversation_id "
    "AND m.tenant_id = $1 AND m.user_id = $3 AND m.left_at IS NULL)");
const Statement count_open("count_open_streams",
                           "SELECT COUNT(*) FROM open_streams WHERE sender_id = $2 AND tenant_id = $1");
const Statement expire_in_conversation(
    "expire_streams_in_conversation",
    "UPDATE open_streams SET lease_until = $3 WHERE sender_id = $2 AND tenant_id = $1 AND conversation_id = $4");
const Statement expire_all("expire_streams",
                           "UPDATE open_streams SET lease_until = $3 WHERE sender_id = $2 AND tenant_id = $1");
const Statement select_expired("select_expired_streams",
                               "SELECT tenant_id, stream_id, conversation_id, sender_id, n, bytes FROM open_streams "
                               "WHERE lease_until < $1 ORDER BY lease_until LIMIT $2");
const Statement lock_stream_conversation(
    "lock_stream_conversation", "UPDATE conversations SET rev = rev WHERE tenant_id = $1 AND conversation_id = $2");

constexpr Time far_future{253402300799000};

Result<std::optional<Message>> find_stream_message(Db& db, std::string_view tenant_id, std::string_view stream_id) {
  std::optional<Message> found;
  TRY(db.run(select_stream_message, {tenant_id, stream_id}, [&](const Row& row) { found = message_from(row); }));
  return found;
}

struct Written {
  StreamContent content;
  std::int64_t n = 0;
};

/// visit(n, ops) for each append after `after`, in order.
template <class Visit>
Result<> each_append(Db& db, std::string_view tenant_id, std::string_view stream_id, std::int64_t after,
                     const Visit& visit) {
  thread_local JsonParser parser;
  bool failed = false;
  TRY(db.run(select_appends, {tenant_id, stream_id, after}, [&](const Row& row) {
    std::vector<StreamOp> ops;
    auto json = parser.parse(row.text(1));
    failed = failed || !json || !decode_into(type_of<std::vector<StreamOp>>(), &ops, *json);
    if (!failed) visit(row.integer(0), ops);
  }));
  return failed ? Result<>(Error(ErrorCode::internal, "a stored append cannot be read")) : Result<>();
}

Result<Written> read_written(Db& db, std::string_view tenant_id, std::string_view stream_id) {
  Written written;
  TRY(each_append(db, tenant_id, stream_id, 0, [&](std::int64_t n, const std::vector<StreamOp>& ops) {
    add_stream_ops(written.content, ops);
    written.n = n;
  }));
  return written;
}

}  // namespace

Result<StreamPlace> find_stream(Db& db, std::string_view tenant_id, std::string_view user_id,
                                std::string_view stream_id) {
  TRY_AS(message, find_stream_message(db, tenant_id, stream_id));
  if (!message || !message->stream_id) return Error(ErrorCode::not_found);
  TRY_AS(membership, read_membership(db, tenant_id, message->conversation_id, user_id));
  return StreamPlace{std::move(membership), std::move(*message)};
}

Result<AppendOutcome> begin_stream(Tx& tx, const MessageDraft& draft, std::int64_t open_max) {
  const MessageDraft* drafts[] = {&draft};
  AppendOutcome outcomes[1];
  TRY(tx.db.append_messages(drafts, outcomes, tx.now));
  if (outcomes[0].verdict != AppendOutcome::Verdict::appended) return std::move(outcomes[0]);
  std::int64_t open = 0;
  TRY(tx.db.run(count_open, {draft.tenant_id, draft.sender_id}, [&](const Row& row) { open = row.integer(0); }));
  if (open > open_max) {
    Error error(ErrorCode::rate_limited,
                "at most " + std::to_string(open_max) + " streams of one user may be open: end one first");
    error.retry_after_ms = 1000;
    return error;
  }
  publish_appended(*tx.events, draft, outcomes[0]);
  return std::move(outcomes[0]);
}

Error written_too_late() {
  return Error(ErrorCode::stream_ended,
               "nothing more can be written to it, nor can it end again; start another stream");
}

Result<> append_to_stream(Tx& tx, const StreamAppend& append) {
  const StreamAppend* appends[] = {&append};
  StreamAppendOutcome outcomes[1];
  TRY(tx.db.append_streams(appends, outcomes, tx.now));
  if (outcomes[0].verdict == StreamAppendOutcome::Verdict::refused) return explain_refusal(tx.db, append);
  publish_stream_append(*tx.events, append, outcomes[0]);
  return result_of(outcomes[0]);
}

Result<> result_of(const StreamAppendOutcome& outcome) {
  switch (outcome.verdict) {
    case StreamAppendOutcome::Verdict::appended:
    case StreamAppendOutcome::Verdict::repeated: return {};
    case StreamAppendOutcome::Verdict::too_large: return Error(ErrorCode::too_large, "a stream holds at most 512 KiB");
    case StreamAppendOutcome::Verdict::refused: return written_too_late();
    case StreamAppendOutcome::Verdict::gap: break;
  }
  Error gap(ErrorCode::stream_gap, "the next append is n = " + std::to_string(outcome.n + 1));
  gap.expect = outcome.n + 1;
  return gap;
}

Error explain_refusal(Db& db, const StreamAppend& append) {
  auto place = find_stream(db, append.tenant_id, append.user_id, append.stream_id);
  if (!place) return std::move(place).error();
  if (place->message.sender_id != append.user_id)
    return Error(ErrorCode::forbidden, "only its writer appends to a stream");
  return written_too_late();
}

Result<bool> end_stream(Tx& tx, std::string_view tenant_id, std::string_view stream_id, const StreamEnding& ending,
                        std::optional<Time> expired_before) {
  TRY_AS(message, find_stream_message(tx.db, tenant_id, stream_id));
  if (!message) return Error(ErrorCode::not_found);
  // The conversation first, as everybody else: then nobody waits for the other way round.
  TRY(tx.db.run(lock_stream_conversation, {tenant_id, message->conversation_id}));
  bool mine = false;
  TRY(tx.db.run(delete_open_stream, {tenant_id, stream_id, expired_before.value_or(far_future)},
                [&](const Row&) { mine = true; }));
  if (!mine) return false;
  // Again, now that nobody else changes it: somebody may have reacted while the lock was waited for.
  TRY_AS(locked, find_stream_message(tx.db, tenant_id, stream_id));
  if (!locked) return Error(ErrorCode::not_found);
  message = std::move(locked);
  TRY_AS(written, read_written(tx.db, tenant_id, stream_id));
  written.content.outcome = ending.outcome;
  written.content.finish_reason = ending.finish_reason.value_or(std::string(name_of(ending.outcome)));
  if (ending.usage) written.content.usage = *ending.usage;
  TRY(tx.db.run(delete_appends, {tenant_id, stream_id}));
  TRY_AS(row, find_conversation(tx.db, tenant_id, message->conversation_id));
  if (!row) return Error(ErrorCode::not_found);
  TRY(take_rev(tx, *row));
  message->content = RawJson{encode(written.content)};
  message->status = MessageStatus::sent;
  message->is_end = true;
  message->chunk_index = written.n;
  message->rev = row->rev;
  TRY(tx.db.run(update_ended, {tenant_id, stream_id, message->content, message->chunk_index, row->rev}));
  publish_updated(tx, *row, *message);
  return true;
}

Result<> renew_streams(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                       const std::vector<std::string>& stream_ids) {
  for (const std::string& stream_id : stream_ids) {
    TRY(tx.db.run(renew_stream, {tenant_id, stream_id, user_id, tx.now + stream_lease_ms, tx.now}));
  }
  return {};
}

Result<> expire_streams(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                        std::optional<std::string_view> conversation_id) {
  const Time past = tx.now + -1;
  if (conversation_id) {
    TRY(tx.db.run(expire_in_conversation, {tenant_id, user_id, past, *conversation_id}));
  } else {
    TRY(tx.db.run(expire_all, {tenant_id, user_id, past}));
  }
  return {};
}

Result<std::vector<OpenStream>> expired_streams(Db& db, Time now, std::int64_t limit) {
  std::vector<OpenStream> expired;
  TRY(db.run(select_expired, {now, limit}, [&](const Row& row) {
    expired.push_back({row.string(0), row.string(1), row.string(2), row.string(3), row.integer(4), row.integer(5)});
  }));
  return expired;
}

Result<> show_streaming(Db& db, std::string_view tenant_id, std::span<Message> messages) {
  for (Message& message : messages) {
    if (message.status != MessageStatus::streaming) continue;
    TRY_AS(written, read_written(db, tenant_id, message.message_id));
    message.content = RawJson{encode(written.content)};
    message.chunk_index = written.n;
  }
  return {};
}

Result<std::size_t> show_streaming_within(Db& db, std::string_view tenant_id, std::span<Message> messages,
                                          std::size_t bytes_max) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    TRY(show_streaming(db, tenant_id, messages.subspan(i, 1)));
    bytes += messages[i].content.text.size();
    if (i > 0 && bytes > bytes_max) return i;
  }
  return messages.size();
}

Result<std::vector<StreamOp>> appends_after(Db& db, std::string_view tenant_id, std::string_view stream_id,
                                            std::int64_t n) {
  std::vector<StreamOp> joined;
  TRY(each_append(db, tenant_id, stream_id, n,
                  [&](std::int64_t, const std::vector<StreamOp>& ops) { join_stream_ops(joined, ops); }));
  return joined;
}

}  // namespace aiim
