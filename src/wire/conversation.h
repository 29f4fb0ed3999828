// Conversations and their members as clients see them.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "wire/message.h"

namespace aiim {

enum class ConversationType : std::uint8_t { direct, group };
BOOST_DESCRIBE_ENUM(ConversationType, direct, group)

/// Ascending in what they may do.
enum class MemberRole : std::uint8_t { member, admin, owner };
BOOST_DESCRIBE_ENUM(MemberRole, member, admin, owner)

/// A member with its cursors, as conversations list them.
struct MemberView {
  std::string user_id;
  MemberRole role = MemberRole::member;
  Time joined_at;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
};
BOOST_DESCRIBE_STRUCT(MemberView, (), (user_id, role, joined_at, delivered_seq, read_seq))

/// A member's presence and role as events and sync carry them: `left_at` is null while present. The cursors are there
/// because somebody who comes back still has those of before.
struct MemberChange {
  std::string user_id;
  MemberRole role = MemberRole::member;
  Time joined_at;
  std::optional<Time> left_at;
  std::int64_t rev = 0;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
};
BOOST_DESCRIBE_STRUCT(MemberChange, (), (user_id, role, joined_at, left_at, rev, delivered_seq, read_seq))

struct Conversation {
  std::string conversation_id;
  ConversationType type = ConversationType::direct;
  std::optional<std::string> name;
  std::string tenant_id;
  Time created_at;
  Time updated_at;
  std::int64_t last_seq = 0;
  std::int64_t min_seq = 1;  // messages below it are gone (retention)
  std::int64_t rev = 0;
  std::string epoch;
  std::int64_t member_count = 0;
  std::vector<MemberView> members;  // at most 100, the caller first
  // The caller's own; absent in events, which everybody gets.
  Omit<MemberRole> role;
  Omit<std::int64_t> unread_count;
  Omit<std::int64_t> mention_count;
  Omit<bool> muted;
  Omit<bool> pinned;
  std::optional<Message> last_message;
};
BOOST_DESCRIBE_STRUCT(Conversation, (),
                      (conversation_id, type, name, tenant_id, created_at, updated_at, last_seq, min_seq, rev, epoch,
                       member_count, members, role, unread_count, mention_count, muted, pinned, last_message))

struct ConversationsPage {
  std::vector<Conversation> conversations;
  std::optional<std::string> next_cursor;
  std::string sync_token;
};
BOOST_DESCRIBE_STRUCT(ConversationsPage, (), (conversations, next_cursor, sync_token))

struct MembersPage {
  std::vector<MemberView> members;
  std::optional<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(MembersPage, (), (members, next_cursor))

struct MessagesPage {
  std::string conversation_id;
  std::vector<Message> messages;  // ascending by seq
  bool has_more = false;          // in the direction of the request
};
BOOST_DESCRIBE_STRUCT(MessagesPage, (), (conversation_id, messages, has_more))

}  // namespace aiim
