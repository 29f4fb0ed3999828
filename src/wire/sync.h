// Sync: what changed since a client's positions. One mechanism for everything durable and shared.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/conversation.h"

namespace aiim {

enum class ResetReason : std::uint8_t { epoch, too_far, unknown };
BOOST_DESCRIBE_ENUM(ResetReason, epoch, too_far, unknown)

struct Cursor {
  std::string user_id;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
};
BOOST_DESCRIBE_STRUCT(Cursor, (), (user_id, delivered_seq, read_seq))

/// What is the caller's own in a conversation.
struct OwnState {
  MemberRole role = MemberRole::member;
  bool muted = false;
  bool pinned = false;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
  std::int64_t unread_count = 0;
  std::int64_t mention_count = 0;
};
BOOST_DESCRIBE_STRUCT(OwnState, (), (role, muted, pinned, delivered_seq, read_seq, unread_count, mention_count))

/// One conversation of a sync reply: a page of changes; or a stub (no `complete`: ask again naming your rev); or
/// `reset` (drop it and read the newest page); or `removed`.
struct ConversationSync {
  std::string conversation_id;
  Omit<std::string> epoch;
  Omit<std::int64_t> rev;  // the position after this page
  Omit<bool> complete;
  Omit<bool> has_more;  // the same as !complete, as REST pages name it
  Omit<std::vector<Message>> messages;
  Omit<std::vector<MemberChange>> members;
  Omit<std::vector<Cursor>> cursors;
  Omit<OwnState> me;
  Omit<Conversation> conversation;
  Omit<bool> reset;
  Omit<ResetReason> reason;
  Omit<bool> removed;
  Omit<std::int64_t> min_seq;   // messages below are gone; absent while none are
  Omit<std::int64_t> last_seq;  // stubs
  Omit<std::int64_t> unread_count;
};
BOOST_DESCRIBE_STRUCT(ConversationSync, (),
                      (conversation_id, epoch, rev, complete, has_more, messages, members, cursors, me, conversation,
                       reset, reason, removed, min_seq, last_seq, unread_count))

struct SyncPosition {
  std::string conversation_id;
  std::optional<std::string> epoch;
  std::int64_t rev = 0;
};
BOOST_DESCRIBE_STRUCT(SyncPosition, (), (conversation_id, epoch, rev))

struct SyncRequest {
  std::optional<std::string> since;
  std::optional<std::vector<SyncPosition>> conversations;
};
BOOST_DESCRIBE_STRUCT(SyncRequest, (), (since, conversations))

struct SyncReply {
  std::string sync_token;
  std::vector<ConversationSync> conversations;
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(SyncReply, (), (sync_token, conversations, more))

}  // namespace aiim
