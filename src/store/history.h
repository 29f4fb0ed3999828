// Reading messages, and changing those that exist: edit, recall, react.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/content_rules.h"
#include "store/conversations.h"

namespace aiim {

/// Where a page lies; at most one is set. None: the newest page.
struct PagePosition {
  std::optional<std::int64_t> before_seq;
  std::optional<std::int64_t> after_seq;
  std::optional<std::int64_t> around_seq;
};
/// `reader` sees the status of the own messages as delivered or read.
Result<MessagesPage> read_messages(Db& db, const Membership& reader, const PagePosition& position, std::int64_t limit);
Result<Message> read_message(Db& db, const Membership& reader, std::string_view message_id);
Result<std::optional<Message>> find_message(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                            std::string_view message_id);

/// Publishes `message.updated` for a message that took the conversation's present rev.
void publish_updated(Tx& tx, const ConversationRow& row, const Message& message);

/// The sender's new content. Publishes `message.updated`.
Result<Message> edit_message(Tx& tx, Membership& actor, std::string_view message_id, const RawJson& content,
                             UserKind sender_kind);
/// By the sender, or an owner or admin of the group: a tombstone keeps the seq. A repeat changes nothing.
Result<Message> recall_message(Tx& tx, Membership& actor, std::string_view message_id);
/// Adds or removes one emoji of the actor's. A repeat changes nothing.
Result<Message> react(Tx& tx, Membership& actor, std::string_view message_id, std::string_view emoji, bool remove);

/// When each member received and read one message.
struct ReceiptTimes {
  std::string user_id;
  std::optional<Time> delivered_at;
  std::optional<Time> read_at;
};
BOOST_DESCRIBE_STRUCT(ReceiptTimes, (), (user_id, delivered_at, read_at))
Result<std::vector<ReceiptTimes>> read_receipts(Db& db, const Membership& reader, const Message& message);

}  // namespace aiim
