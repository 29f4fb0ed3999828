#include "store/streams.h"

#include "core/stream_assembly.h"
#include "store/history.h"
#include "store/message_rows.h"

namespace aiim {
namespace {

const Statement select_open_stream("select_open_stream",
                                   "SELECT conversation_id, sender_id, n, bytes FROM open_streams "
                                   "WHERE tenant_id = $1 AND stream_id = $2");
const Statement select_stream_message("select_stream_message",
                                      "SELECT " MESSAGE_COLUMNS
                                      " FROM im_messages WHERE tenant_id = $1 AND message_id = $2");
// The condition on n makes the append and the end exclude each other: whoever comes second finds no row.
const Statement advance_stream(
    "advance_stream",
    "UPDATE open_streams SET n = n + 1, bytes = bytes + $5, lease_until = $6 WHERE tenant_id = $1 AND "
    "stream_id = $2 AND sender_id = $3 AND n = $4 RETURNING bytes");
const Statement insert_append("insert_append",
                              "INSERT INTO stream_appends (tenant_id, stream_id, n, ops, bytes, created_at) "
                              "VALUES ($1, $2, $3, $4, $5, $6)");
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
    "UPDATE im_messages SET content = $3, status = 'sent', is_end = TRUE, chunk_index = $4, rev = $5 "
    "WHERE tenant_id = $1 AND message_id = $2");
const Statement renew_stream(
    "renew_stream",
    "UPDATE open_streams SET lease_until = $4 WHERE tenant_id = $1 AND stream_id = $2 AND sender_id = $3");
const Statement select_expired("select_expired_streams",
                               "SELECT tenant_id, stream_id, conversation_id, sender_id, n, bytes FROM open_streams "
                               "WHERE lease_until < $1 ORDER BY lease_until LIMIT $2");
const Statement lock_stream_conversation(
    "lock_stream_conversation", "UPDATE conversations SET rev = rev WHERE tenant_id = $1 AND conversation_id = $2");

constexpr Time far_future{253402300799000};

Result<std::optional<OpenStream>> find_open(Db& db, std::string_view tenant_id, std::string_view stream_id) {
  std::optional<OpenStream> found;
  TRY(db.run(select_open_stream, {tenant_id, stream_id}, [&](const Row& row) {
    found = OpenStream{std::string(tenant_id), std::string(stream_id), row.string(0),
                       row.string(1),          row.integer(2),         row.integer(3)};
  }));
  return found;
}

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

/// Why an append found no row to advance.
Result<std::int64_t> judge_append(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                                  std::string_view stream_id, std::int64_t n) {
  TRY_AS(place, find_stream(tx.db, tenant_id, user_id, stream_id));
  if (place.message.sender_id != user_id) return Error(ErrorCode::forbidden, "only its writer appends to a stream");
  TRY_AS(open, find_open(tx.db, tenant_id, stream_id));
  if (!open) return Error(ErrorCode::stream_ended);
  if (n <= open->n) return open->n;
  Error gap(ErrorCode::stream_gap, "the next append is n = " + std::to_string(open->n + 1));
  gap.expect = open->n + 1;
  return gap;
}

void publish_delta(Tx& tx, const OpenStream& stream, std::int64_t n, const std::string& ops_json) {
  Event event;
  event.kind = Event::Kind::delta;
  event.tenant_id = stream.tenant_id;
  event.conversation_id = stream.conversation_id;
  event.user_id = stream.sender_id;
  event.stream_id = stream.stream_id;
  event.n = n;
  event.frame = ops_json;
  tx.publish(std::move(event));
}

}  // namespace

Result<StreamPlace> find_stream(Db& db, std::string_view tenant_id, std::string_view user_id,
                                std::string_view stream_id) {
  TRY_AS(message, find_stream_message(db, tenant_id, stream_id));
  if (!message || !message->stream_id) return Error(ErrorCode::not_found);
  TRY_AS(membership, read_membership(db, tenant_id, message->conversation_id, user_id));
  return StreamPlace{std::move(membership), std::move(*message)};
}

Result<std::int64_t> append_to_stream(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                                      std::string_view stream_id, std::int64_t n, const std::vector<StreamOp>& ops) {
  TRY_AS(open, find_open(tx.db, tenant_id, stream_id));
  if (!open || open->sender_id != user_id) return judge_append(tx, tenant_id, user_id, stream_id, n);
  TRY(read_membership(tx.db, tenant_id, open->conversation_id, user_id));
  if (n == 0) n = open->n + 1;
  if (n != open->n + 1) return judge_append(tx, tenant_id, user_id, stream_id, n);
  RawJson stored{encode(ops)};
  std::size_t bytes = stored.text.size();
  if (static_cast<std::size_t>(open->bytes) + bytes > stream_bytes_max) {
    return Error(ErrorCode::too_large, "a stream holds at most 512 KiB");
  }
  std::int64_t total = -1;
  TRY(tx.db.run(advance_stream,
                {tenant_id, stream_id, user_id, n - 1, static_cast<std::int64_t>(bytes), tx.now + stream_lease_ms},
                [&](const Row& row) { total = row.integer(0); }));
  if (total < 0) return judge_append(tx, tenant_id, user_id, stream_id, n);
  TRY(tx.db.run(insert_append, {tenant_id, stream_id, n, stored, total, tx.now}));
  publish_delta(tx, *open, n, stored.text);
  return n;
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
    TRY(tx.db.run(renew_stream, {tenant_id, stream_id, user_id, tx.now + stream_lease_ms}));
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

Result<std::vector<StreamOp>> appends_after(Db& db, std::string_view tenant_id, std::string_view stream_id,
                                            std::int64_t n) {
  std::vector<StreamOp> joined;
  TRY(each_append(db, tenant_id, stream_id, n,
                  [&](std::int64_t, const std::vector<StreamOp>& ops) { join_stream_ops(joined, ops); }));
  return joined;
}

}  // namespace aiim
