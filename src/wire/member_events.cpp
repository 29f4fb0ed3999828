#include "wire/member_events.h"

namespace aiim {
namespace {

struct ConversationEvent {
  std::string conversation_id;
  std::int64_t rev = 0;
  std::int64_t after = 0;
  Omit<Conversation> conversation;
};
BOOST_DESCRIBE_STRUCT(ConversationEvent, (), (conversation_id, rev, after, conversation))

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

template <class T>
std::string frame(std::string_view type, const T& data) {
  std::string out = "{\"type\":\"";
  out.append(type).append("\",\"data\":");
  encode_to(out, data);
  return out.append("}");
}

std::string conversation_frame(std::string_view type, const Conversation& conversation, std::int64_t after) {
  ConversationEvent event{conversation.conversation_id, conversation.rev, after, {}};
  event.conversation.emplace(conversation);
  return frame(type, event);
}

}  // namespace

std::string conversation_created(const Conversation& conversation, std::int64_t after) {
  return conversation_frame("conversation.created", conversation, after);
}

std::string conversation_updated(const Conversation& conversation, std::int64_t after) {
  return conversation_frame("conversation.updated", conversation, after);
}

std::string conversation_removed(std::string_view conversation_id, std::int64_t rev, std::int64_t after) {
  return frame("conversation.removed", ConversationEvent{std::string(conversation_id), rev, after, {}});
}

std::string member_event(MemberEvent what, std::string_view conversation_id, std::int64_t rev, std::int64_t after,
                         const std::vector<MemberChange>& members) {
  std::string_view type = what == MemberEvent::joined ? "member.joined"
                          : what == MemberEvent::left ? "member.left"
                                                      : "member.updated";
  return frame(type, MembersEvent{std::string(conversation_id), rev, after, members});
}

std::string me_updated(std::string_view conversation_id, const OwnState& own) {
  return frame("me.updated", MeEvent{std::string(conversation_id), own.muted, own.pinned, own.delivered_seq,
                                     own.read_seq, own.unread_count, own.mention_count});
}

}  // namespace aiim
