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

std::string receipt_event(std::string_view conversation_id, std::string_view user_id, std::int64_t delivered_seq,
                          std::int64_t read_seq, Time timestamp) {
  std::string out;
  out.reserve(256);
  out.append("{\"type\":\"receipt\",\"data\":{\"conversation_id\":");
  append_json_string(out, conversation_id);
  out.append(",\"user_id\":");
  append_json_string(out, user_id);
  out.append(",\"delivered_seq\":").append(std::to_string(delivered_seq));
  out.append(",\"read_seq\":").append(std::to_string(read_seq));
  out.append(",\"timestamp\":\"");
  append_rfc3339(out, timestamp);
  out.append("\"}}");
  return out;
}

std::string me_updated(const OwnUpdate& own) {
  std::string out;
  out.reserve(224);
  out.append("{\"type\":\"me.updated\",\"data\":{\"conversation_id\":");
  append_json_string(out, own.conversation_id);
  out.append(own.muted ? ",\"muted\":true" : ",\"muted\":false");
  out.append(own.pinned ? ",\"pinned\":true" : ",\"pinned\":false");
  out.append(",\"delivered_seq\":").append(std::to_string(own.delivered_seq));
  out.append(",\"read_seq\":").append(std::to_string(own.read_seq));
  out.append(",\"unread_count\":").append(std::to_string(own.unread_count));
  out.append(",\"mention_count\":").append(std::to_string(own.mention_count));
  out.append("}}");
  return out;
}

}  // namespace aiim
