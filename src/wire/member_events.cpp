#include "wire/member_events.h"

#include "wire/event_types.h"

namespace aiim {
namespace {

template <class T>
std::string frame(std::string_view type, const T& data) {
  std::string out = "{\"type\":\"";
  out.append(type).append("\",\"data\":");
  encode_to(out, data);
  return out.append("}");
}

std::string conversation_frame(std::string_view type, const Conversation& conversation, std::int64_t after) {
  ConversationEvent event{conversation.conversation_id, conversation.rev, after, {}, {}};
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
  return frame("conversation.removed", ConversationEvent{std::string(conversation_id), rev, after, {}, {}});
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
