#include "store/history.h"

#include <algorithm>

#include "core/access.h"
#include "store/message_rows.h"
#include "store/streams.h"
#include "wire/events.h"

namespace aiim {
namespace {

constexpr std::size_t page_bytes_max = 512 * 1024;
constexpr std::size_t emoji_max = 50;           // different ones on a message
constexpr std::size_t reaction_users_max = 50;  // named per emoji

#define FROM_MESSAGES "SELECT " MESSAGE_COLUMNS " FROM im_messages WHERE tenant_id = $1 AND conversation_id = $2 AND "

const Statement select_before("select_messages_before", FROM_MESSAGES "seq < $3 ORDER BY seq DESC LIMIT $4");
const Statement select_after("select_messages_after", FROM_MESSAGES "seq > $3 ORDER BY seq LIMIT $4");
const Statement select_message("select_message",
                               "SELECT " MESSAGE_COLUMNS
                               " FROM im_messages WHERE tenant_id = $1 AND message_id = $3 AND conversation_id = $2");
const Statement select_furthest_cursors(
    "select_furthest_cursors",
    "SELECT COALESCE(MAX(delivered_seq), 0), COALESCE(MAX(read_seq), 0) FROM conversation_members "
    "WHERE tenant_id = $1 AND conversation_id = $2 AND user_id <> $3 AND left_at IS NULL");
const Statement update_content("update_content",
                               "UPDATE im_messages SET content = $3, edited_at = $4, " MESSAGE_REV("$5") " "
                               "WHERE tenant_id = $1 AND message_id = $2");
const Statement update_recalled("update_recalled",
                                "UPDATE im_messages SET content = $3, status = 'recalled', reactions = NULL, " MESSAGE_REV("$4") " "
                                "WHERE tenant_id = $1 AND message_id = $2");
const Statement update_reactions("update_reactions", "UPDATE im_messages SET reactions = $3, " MESSAGE_REV(
                                                         "$4") " WHERE tenant_id = $1 AND message_id = $2");
const Statement insert_reaction(
    "insert_reaction",
    "INSERT INTO reactions (tenant_id, conversation_id, message_id, emoji, user_id, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, message_id, emoji, user_id) DO NOTHING");
const Statement delete_reaction(
    "delete_reaction",
    "DELETE FROM reactions WHERE tenant_id = $1 AND message_id = $2 AND emoji = $3 AND user_id = $4");
const Statement delete_reactions("delete_reactions", "DELETE FROM reactions WHERE tenant_id = $1 AND message_id = $2");
const Statement delete_mention(
    "delete_mention",
    "DELETE FROM mentions WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3 AND seq = $4");
const Statement insert_mention(
    "insert_mention",
    "INSERT INTO mentions (tenant_id, conversation_id, user_id, seq) SELECT tenant_id, conversation_id, user_id, $4 "
    "FROM conversation_members WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3 AND left_at IS NULL "
    "ON CONFLICT (tenant_id, conversation_id, user_id, seq) DO NOTHING");
const Statement select_receipts(
    "select_receipts",
    "SELECT m.user_id, "
    "(SELECT r.timestamp FROM message_receipts r WHERE r.tenant_id = m.tenant_id AND r.conversation_id = "
    "m.conversation_id AND "
    "r.user_id = m.user_id AND r.status = 'delivered' AND r.seq >= $3 ORDER BY r.seq LIMIT 1), "
    "(SELECT r.timestamp FROM message_receipts r WHERE r.tenant_id = m.tenant_id AND r.conversation_id = "
    "m.conversation_id AND "
    "r.user_id = m.user_id AND r.status = 'read' AND r.seq >= $3 ORDER BY r.seq LIMIT 1) "
    "FROM conversation_members m WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.user_id <> $4 AND m.left_at "
    "IS NULL "
    "ORDER BY m.user_id LIMIT 10000");

/// At most `limit` messages and, beyond the first, page_bytes_max of content; `more`: the rest did not fit.
Result<std::vector<Message>> run_page(Db& db, const Statement& statement, const ConversationRow& row, std::int64_t from,
                                      std::int64_t limit, bool& more) {
  std::vector<Message> messages;
  std::size_t bytes = 0;
  more = false;
  TRY(db.run(statement, {row.tenant_id, row.conversation_id, from, limit + 1}, [&](const Row& r) {
    if (more) return;
    Message message = message_from(r);
    bytes += message.content.text.size();
    more = static_cast<std::int64_t>(messages.size()) == limit || (!messages.empty() && bytes > page_bytes_max);
    if (!more) messages.push_back(std::move(message));
  }));
  TRY_AS(shown, show_streaming_within(db, row.tenant_id, messages, page_bytes_max));
  more = more || shown < messages.size();
  messages.resize(shown);
  return messages;
}

/// `limit` messages below `before`, ascending; `more`: there are older ones.
Result<std::vector<Message>> page_before(Db& db, const ConversationRow& row, std::int64_t before, std::int64_t limit,
                                         bool& more) {
  TRY_AS(messages, run_page(db, select_before, row, before, limit, more));
  std::reverse(messages.begin(), messages.end());
  return std::move(messages);
}

Result<std::vector<Message>> page_after(Db& db, const ConversationRow& row, std::int64_t after, std::int64_t limit,
                                        bool& more) {
  return run_page(db, select_after, row, after, limit, more);
}

/// The own messages' status, from how far the others' cursors are.
Result<> show_progress(Db& db, const Membership& reader, std::span<Message> messages) {
  const std::string& me = reader.me.user_id;
  auto own = [&](const Message& message) { return message.sender_id == me && message.status == MessageStatus::sent; };
  if (std::none_of(messages.begin(), messages.end(), own)) return {};
  std::int64_t delivered = 0, read = 0;
  const ConversationRow& row = reader.conversation;
  TRY(db.run(select_furthest_cursors, {row.tenant_id, row.conversation_id, me}, [&](const Row& r) {
    delivered = r.integer(0);
    read = r.integer(1);
  }));
  for (Message& message : messages) {
    if (!own(message)) continue;
    if (message.seq <= delivered) message.status = MessageStatus::delivered;
    if (message.seq <= read) message.status = MessageStatus::read;
  }
  return {};
}

Result<Message> message_of(Db& db, const ConversationRow& row, std::string_view message_id) {
  TRY_AS(found, find_message(db, row.tenant_id, row.conversation_id, message_id));
  if (!found) return Error(ErrorCode::not_found);
  return std::move(*found);
}

/// Whom a stored message names.
std::vector<std::string> mentions_of(const Message& message) {
  auto accepted = accept_content(message.type, message.content, UserKind::bot);
  return accepted ? std::move(accepted->mentions) : std::vector<std::string>();
}

/// The message's mentions become `wanted`: of members alone, and never of the sender.
Result<> put_mentions(Tx& tx, const ConversationRow& row, const Message& message,
                      const std::vector<std::string>& wanted) {
  for (const std::string& user_id : mentions_of(message)) {
    if (std::find(wanted.begin(), wanted.end(), user_id) != wanted.end()) continue;
    TRY(tx.db.run(delete_mention, {row.tenant_id, row.conversation_id, user_id, message.seq}));
  }
  for (const std::string& user_id : wanted) {
    if (user_id == message.sender_id) continue;
    TRY(tx.db.run(insert_mention, {row.tenant_id, row.conversation_id, user_id, message.seq}));
  }
  return {};
}

/// Changes the aggregate that messages show; false when nothing changes.
Result<bool> adjust(std::vector<Reaction>& reactions, std::string_view emoji, const std::string& user_id, bool remove) {
  auto found = std::find_if(reactions.begin(), reactions.end(), [&](const Reaction& r) { return r.emoji == emoji; });
  if (remove) {
    if (found == reactions.end()) return false;
    std::erase(found->user_ids, user_id);
    if (--found->count <= 0) reactions.erase(found);
    return true;
  }
  if (found == reactions.end()) {
    if (reactions.size() >= emoji_max)
      return Error(ErrorCode::conflict, "a message has at most 50 different reactions");
    reactions.push_back({std::string(emoji), 0, {}});
    found = reactions.end() - 1;
  }
  ++found->count;
  if (found->user_ids.size() < reaction_users_max) found->user_ids.push_back(user_id);
  return true;
}

}  // namespace

void publish_updated(Tx& tx, const ConversationRow& row, const Message& message) {
  Event event;
  event.tenant_id = row.tenant_id;
  event.conversation_id = row.conversation_id;
  event.epoch = row.epoch;
  event.rev = row.rev;
  event.after = row.rev - 1;
  event.frame = message_updated(message, event.after);
  if (message.stream_id && message.is_end) event.stream_id = *message.stream_id;
  tx.publish(std::move(event));
}

Result<std::optional<Message>> find_message(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                            std::string_view message_id) {
  std::optional<Message> found;
  TRY(db.run(select_message, {tenant_id, conversation_id, message_id},
             [&](const Row& row) { found = message_from(row); }));
  return found;
}

Result<MessagesPage> read_messages(Db& db, const Membership& reader, const PagePosition& position, std::int64_t limit) {
  const ConversationRow& row = reader.conversation;
  MessagesPage page;
  page.conversation_id = row.conversation_id;
  if (position.after_seq) {
    TRY_AS(messages, page_after(db, row, *position.after_seq, limit, page.has_more));
    page.messages = std::move(messages);
  } else if (position.around_seq) {
    bool older = false, newer = false;
    std::int64_t half = limit / 2;
    TRY_AS(before, page_before(db, row, *position.around_seq, half, older));
    TRY_AS(after, page_after(db, row, std::max<std::int64_t>(*position.around_seq, 1) - 1, limit - half, newer));
    page.messages = std::move(before);
    std::move(after.begin(), after.end(), std::back_inserter(page.messages));
    page.has_more = older || newer;
  } else {
    TRY_AS(messages, page_before(db, row, position.before_seq.value_or(INT64_MAX), limit, page.has_more));
    page.messages = std::move(messages);
  }
  TRY(show_progress(db, reader, page.messages));
  return page;
}

Result<Message> read_message(Db& db, const Membership& reader, std::string_view message_id) {
  TRY_AS(message, message_of(db, reader.conversation, message_id));
  TRY(show_streaming(db, reader.conversation.tenant_id, {&message, 1}));
  TRY(show_progress(db, reader, {&message, 1}));
  return std::move(message);
}

Result<Message> edit_message(Tx& tx, Membership& actor, std::string_view message_id, const RawJson& content,
                             UserKind sender_kind) {
  ConversationRow& row = actor.conversation;
  TRY_AS(message, message_of(tx.db, row, message_id));
  if (message.type == MessageType::system) return Error(ErrorCode::conflict, "system messages are not edited");
  if (message.sender_id != actor.me.user_id) return Error(ErrorCode::forbidden, "only the sender edits a message");
  if (message.status == MessageStatus::recalled) return Error(ErrorCode::conflict, "the message was recalled");
  if (message.status == MessageStatus::streaming)
    return Error(ErrorCode::conflict, "the message is still being written");
  TRY_AS(accepted, accept_content(message.type, content, sender_kind));
  TRY(take_rev(tx, row));
  TRY(put_mentions(tx, row, message, accepted.mentions));
  TRY(tx.db.run(update_content, {row.tenant_id, message_id, accepted.content, tx.now, row.rev}));
  message.content = std::move(accepted.content);
  message.edited_at = tx.now;
  message.rev = row.rev;
  publish_updated(tx, row, message);
  return std::move(message);
}

Result<Message> recall_message(Tx& tx, Membership& actor, std::string_view message_id) {
  ConversationRow& row = actor.conversation;
  TRY_AS(message, message_of(tx.db, row, message_id));
  if (message.sender_id != actor.me.user_id && !manages(actor.me.role)) {
    return Error(ErrorCode::forbidden, "only the sender, owners and admins recall a message");
  }
  if (message.status == MessageStatus::recalled) return std::move(message);
  if (message.status == MessageStatus::streaming)
    return Error(ErrorCode::conflict, "the message is still being written");
  TRY(take_rev(tx, row));
  TRY(put_mentions(tx, row, message, {}));
  TRY(tx.db.run(delete_reactions, {row.tenant_id, message_id}));
  message.content = RawJson{};
  message.status = MessageStatus::recalled;
  message.reactions.clear();
  message.rev = row.rev;
  TRY(tx.db.run(update_recalled, {row.tenant_id, message_id, message.content, row.rev}));
  publish_updated(tx, row, message);
  return std::move(message);
}

Result<Message> react(Tx& tx, Membership& actor, std::string_view message_id, std::string_view emoji, bool remove) {
  ConversationRow& row = actor.conversation;
  TRY_AS(message, message_of(tx.db, row, message_id));
  if (message.status == MessageStatus::recalled) return Error(ErrorCode::conflict, "the message was recalled");
  const std::string& me = actor.me.user_id;
  TRY_AS(touched,
         remove ? tx.db.run(delete_reaction, {row.tenant_id, message_id, emoji, me})
                : tx.db.run(insert_reaction, {row.tenant_id, row.conversation_id, message_id, emoji, me, tx.now}));
  if (touched == 0) return std::move(message);
  TRY_AS(changed, adjust(message.reactions, emoji, me, remove));
  if (!changed) return std::move(message);
  TRY(take_rev(tx, row));
  message.rev = row.rev;
  RawJson aggregate{encode(message.reactions)};
  Param stored = message.reactions.empty() ? Param(nullptr) : Param(aggregate);
  TRY(tx.db.run(update_reactions, {row.tenant_id, message_id, stored, row.rev}));
  publish_updated(tx, row, message);
  return std::move(message);
}

Result<std::vector<ReceiptTimes>> read_receipts(Db& db, const Membership& reader, const Message& message) {
  std::vector<ReceiptTimes> receipts;
  const ConversationRow& row = reader.conversation;
  TRY(db.run(select_receipts, {row.tenant_id, row.conversation_id, message.seq, message.sender_id}, [&](const Row& r) {
    receipts.push_back({r.string(0), r.optional_time(1), r.optional_time(2)});
  }));
  return receipts;
}

}  // namespace aiim
