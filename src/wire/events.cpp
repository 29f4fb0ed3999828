#include "wire/events.h"

namespace aiim {
namespace {

std::string message_event(std::string_view type, const Message& message, std::int64_t after) {
  std::string out;
  out.reserve(640 + message.content.text.size());
  out.append("{\"type\":\"").append(type).append("\",\"data\":{\"conversation_id\":");
  append_json_string(out, message.conversation_id);
  out.append(",\"rev\":").append(std::to_string(message.rev));
  out.append(",\"after\":").append(std::to_string(after)).append(",\"message\":");
  encode_to(out, message);
  out.append("}}");
  return out;
}

}  // namespace

std::string message_created(const Message& message, std::int64_t after) {
  return message_event("message.created", message, after);
}

std::string message_updated(const Message& message, std::int64_t after) {
  return message_event("message.updated", message, after);
}

}  // namespace aiim
