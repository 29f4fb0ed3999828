// Conversations, their members, and what changed in them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/app.h"
#include "wire/conversation.h"
#include "wire/sync.h"

namespace aiim {

struct CreateConversation {
  ConversationType type = ConversationType::direct;
  std::optional<std::string> name;
  std::vector<std::string> member_ids;
};
BOOST_DESCRIBE_STRUCT(CreateConversation, (), (type, name, member_ids))

struct ListConversations {
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
  std::optional<Time> updated_since;
};
BOOST_DESCRIBE_STRUCT(ListConversations, (), (limit, cursor, updated_since))

struct ConversationId {
  std::string conversation_id;
};
BOOST_DESCRIBE_STRUCT(ConversationId, (), (conversation_id))

struct UpdateConversation {
  std::string conversation_id;
  std::optional<std::string> name;
  std::optional<bool> muted;
  std::optional<bool> pinned;
};
BOOST_DESCRIBE_STRUCT(UpdateConversation, (), (conversation_id, name, muted, pinned))

struct ListMembers {
  std::string conversation_id;
  std::optional<std::int64_t> limit;
  std::optional<std::string> cursor;
};
BOOST_DESCRIBE_STRUCT(ListMembers, (), (conversation_id, limit, cursor))

struct AddMembers {
  std::string conversation_id;
  std::vector<std::string> user_ids;
  std::optional<MemberRole> role;
};
BOOST_DESCRIBE_STRUCT(AddMembers, (), (conversation_id, user_ids, role))

struct MemberId {
  std::string conversation_id;
  std::string user_id;
};
BOOST_DESCRIBE_STRUCT(MemberId, (), (conversation_id, user_id))

struct ChangeRole {
  std::string conversation_id;
  std::string user_id;
  MemberRole role = MemberRole::member;
};
BOOST_DESCRIBE_STRUCT(ChangeRole, (), (conversation_id, user_id, role))

struct ReadChanges {
  std::string conversation_id;
  std::optional<std::int64_t> since_rev;
  std::optional<std::string> epoch;
  std::optional<std::int64_t> limit;
};
BOOST_DESCRIBE_STRUCT(ReadChanges, (), (conversation_id, since_rev, epoch, limit))

Async<Conversation> create_conversation_op(App& app, Caller caller, CreateConversation request);
Async<ConversationsPage> list_conversations(App& app, Caller caller, ListConversations request);
Async<Conversation> get_conversation(App& app, Caller caller, ConversationId request);
Async<Conversation> update_conversation(App& app, Caller caller, UpdateConversation request);
Async<Nothing> leave_conversation(App& app, Caller caller, ConversationId request);
Async<MembersPage> list_members_op(App& app, Caller caller, ListMembers request);
/// Answers with those named, as they are now.
Async<MembersPage> add_members_op(App& app, Caller caller, AddMembers request);
Async<MembersPage> change_role_op(App& app, Caller caller, ChangeRole request);
Async<Nothing> remove_member_op(App& app, Caller caller, MemberId request);
Async<ConversationSync> read_changes_op(App& app, Caller caller, ReadChanges request);
Async<SyncReply> sync(App& app, Caller caller, SyncRequest request);

}  // namespace aiim
