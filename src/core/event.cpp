#include "core/event.h"

namespace aiim {
namespace {

std::string topic(std::string_view kind, std::string_view tenant_id, std::string_view id) {
  std::string name;
  name.reserve(kind.size() + tenant_id.size() + 1 + id.size());
  return name.append(kind).append(tenant_id).append("/").append(id);
}

}  // namespace

std::string conversation_topic(std::string_view tenant_id, std::string_view conversation_id) {
  return topic("c/", tenant_id, conversation_id);
}

std::string user_topic(std::string_view tenant_id, std::string_view user_id) { return topic("u/", tenant_id, user_id); }

std::string presence_topic(std::string_view tenant_id, std::string_view user_id) {
  return topic("p/", tenant_id, user_id);
}

std::string topic_of(const Event& event) {
  switch (event.kind) {
    case Event::Kind::durable:
    case Event::Kind::delta:
    case Event::Kind::typing:
    case Event::Kind::receipt: return conversation_topic(event.tenant_id, event.conversation_id);
    case Event::Kind::personal:
    case Event::Kind::joined:
    case Event::Kind::revoked: return user_topic(event.tenant_id, event.user_id);
    case Event::Kind::presence: return presence_topic(event.tenant_id, event.user_id);
    case Event::Kind::ephemeral:
      return event.conversation_id.empty() ? user_topic(event.tenant_id, event.user_id)
                                           : conversation_topic(event.tenant_id, event.conversation_id);
  }
  return {};
}

}  // namespace aiim
