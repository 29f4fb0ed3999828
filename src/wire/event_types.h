// The data of every WebSocket event, and the table of events. Whoever emits an event writes exactly the fields of its
// row here; the table is what /asyncapi.json, the TypeScript types and docs/reference/events.md are made from.
#pragma once
#include <span>

#include "wire/content.h"
#include "wire/conversation.h"
#include "wire/presence.h"
#include "wire/stream.h"
#include "wire/sync.h"

namespace aiim {

struct Hello {
  std::string session_id;
  std::string user_id;
  std::string tenant_id;
  Time server_time;
  std::int64_t heartbeat_ms = 0;
  std::string version;
  std::string sync_token;
};
BOOST_DESCRIBE_STRUCT(Hello, (), (session_id, user_id, tenant_id, server_time, heartbeat_ms, version, sync_token))

enum class ByeReason : std::uint8_t { draining, slow_consumer, replaced, unauthenticated };
BOOST_DESCRIBE_ENUM(ByeReason, draining, slow_consumer, replaced, unauthenticated)
struct Bye {
  ByeReason reason = ByeReason::draining;
  std::int64_t reconnect_after_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Bye, (), (reason, reconnect_after_ms))

struct MessageEvent {
  std::string conversation_id;
  std::int64_t rev = 0;
  std::int64_t after = 0;
  Message message;
};
BOOST_DESCRIBE_STRUCT(MessageEvent, (), (conversation_id, rev, after, message))

/// What is there depends on what happened: the whole conversation where it was created or changed; only `epoch` where
/// its history was replaced, and clients have to sync; nothing more where it is gone for this user.
struct ConversationEvent {
  std::string conversation_id;
  Omit<std::int64_t> rev;
  Omit<std::int64_t> after;
  Omit<std::string> epoch;
  Omit<Conversation> conversation;
};
BOOST_DESCRIBE_STRUCT(ConversationEvent, (), (conversation_id, rev, after, epoch, conversation))

struct MembersEvent {
  std::string conversation_id;
  std::int64_t rev = 0;
  std::int64_t after = 0;
  std::vector<MemberChange> members;
};
BOOST_DESCRIBE_STRUCT(MembersEvent, (), (conversation_id, rev, after, members))

struct MeEvent {
  std::string conversation_id;
  bool muted = false;
  bool pinned = false;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
  std::int64_t unread_count = 0;
  std::int64_t mention_count = 0;
};
BOOST_DESCRIBE_STRUCT(MeEvent, (),
                      (conversation_id, muted, pinned, delivered_seq, read_seq, unread_count, mention_count))

struct ReceiptEvent {
  std::string conversation_id;
  std::string user_id;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
  Time timestamp;
};
BOOST_DESCRIBE_STRUCT(ReceiptEvent, (), (conversation_id, user_id, delivered_seq, read_seq, timestamp))

struct TypingEvent {
  std::string conversation_id;
  std::string user_id;
  TypingState state = TypingState::start;
};
BOOST_DESCRIBE_STRUCT(TypingEvent, (), (conversation_id, user_id, state))

struct StreamDelta {
  std::string conversation_id;
  std::string stream_id;
  std::int64_t from = 0;
  std::int64_t n = 0;
  std::vector<StreamOp> ops;
};
BOOST_DESCRIBE_STRUCT(StreamDelta, (), (conversation_id, stream_id, from, n, ops))

struct StreamSnapshot {
  std::string conversation_id;
  std::string stream_id;
  std::int64_t n = 0;
  StreamContent content;
};
BOOST_DESCRIBE_STRUCT(StreamSnapshot, (), (conversation_id, stream_id, n, content))

struct EventRow {
  std::string_view type;
  const Type& (*data)();
  bool durable;  // has a place in the conversation's revisions, and comes again by sync when it was missed
  std::string_view summary;
};
std::span<const EventRow> event_table();

}  // namespace aiim
