// Messages: append, read, edit, recall, react; receipts.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/app.h"
#include "store/history.h"
#include "wire/conversation.h"
#include "wire/message.h"

namespace aiim {

struct SendMessage {
  std::string conversation_id;
  std::optional<MessageType> type;  // default text
  RawJson content;
  std::optional<std::string> reply_to;
  std::optional<std::string> client_msg_id;
};
BOOST_DESCRIBE_STRUCT(SendMessage, (), (conversation_id, type, content, reply_to, client_msg_id))

struct MessageSent {
  Message message;
  bool duplicate = false;
};
BOOST_DESCRIBE_STRUCT(MessageSent, (), (message, duplicate))

struct SendAck {
  std::string message_id;
  std::string conversation_id;
  std::optional<std::string> client_msg_id;
  std::int64_t seq = 0;
  std::int64_t rev = 0;
  Time created_at;
  bool duplicate = false;
};
BOOST_DESCRIBE_STRUCT(SendAck, (), (message_id, conversation_id, client_msg_id, seq, rev, created_at, duplicate))
SendAck send_ack(const MessageSent& sent);

struct MessageReply {
  Message message;
};
BOOST_DESCRIBE_STRUCT(MessageReply, (), (message))
struct RevAck {
  std::int64_t rev = 0;
};
BOOST_DESCRIBE_STRUCT(RevAck, (), (rev))
RevAck rev_ack(const MessageReply& reply);

struct ReadMessages {
  std::string conversation_id;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> before_seq;
  std::optional<std::int64_t> after_seq;
  std::optional<std::int64_t> around_seq;
};
BOOST_DESCRIBE_STRUCT(ReadMessages, (), (conversation_id, limit, before_seq, after_seq, around_seq))

struct MessageId {
  std::string conversation_id;
  std::string message_id;
};
BOOST_DESCRIBE_STRUCT(MessageId, (), (conversation_id, message_id))

struct EditMessage {
  std::string conversation_id;
  std::string message_id;
  RawJson content;
};
BOOST_DESCRIBE_STRUCT(EditMessage, (), (conversation_id, message_id, content))

struct React {
  std::string conversation_id;
  std::string message_id;
  std::string emoji;
  std::optional<bool> remove;
};
BOOST_DESCRIBE_STRUCT(React, (), (conversation_id, message_id, emoji, remove))

struct MarkRequest {
  std::string conversation_id;
  std::optional<std::int64_t> seq;
  std::optional<std::string> message_id;
  // Names of the original implementation for the same.
  std::optional<std::int64_t> last_read_seq;
  std::optional<std::string> last_read_message_id;
  std::optional<std::string> user_id;  // must be the caller's
};
BOOST_DESCRIBE_STRUCT(MarkRequest, (), (conversation_id, seq, message_id, last_read_seq, last_read_message_id, user_id))

struct ReceiptsReply {
  std::string conversation_id;
  std::string message_id;
  std::vector<ReceiptTimes> receipts;
};
BOOST_DESCRIBE_STRUCT(ReceiptsReply, (), (conversation_id, message_id, receipts))

Async<MessageSent> send_message(App& app, Caller caller, SendMessage request);
Async<MessagesPage> read_messages_op(App& app, Caller caller, ReadMessages request);
Async<MessageReply> get_message(App& app, Caller caller, MessageId request);
Async<MessageReply> edit_message_op(App& app, Caller caller, EditMessage request);
Async<MessageReply> recall_message_op(App& app, Caller caller, MessageId request);
/// Adds, or with `remove` takes back, one emoji.
Async<MessageReply> react_op(App& app, Caller caller, React request);
Async<MessageReply> unreact_op(App& app, Caller caller, React request);
Async<Nothing> mark_delivered(App& app, Caller caller, MarkRequest request);
Async<Nothing> mark_read(App& app, Caller caller, MarkRequest request);
Async<ReceiptsReply> get_receipts(App& app, Caller caller, MessageId request);

}  // namespace aiim
