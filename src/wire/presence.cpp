#include "wire/presence.h"

namespace aiim {

std::string presence_event(const Presence& presence) {
  std::string out = R"({"type":"presence","data":)";
  encode_to(out, presence);
  return out.append("}");
}

std::string typing_event(std::string_view conversation_id, std::string_view user_id, TypingState state) {
  std::string out = R"({"type":"typing","data":{"conversation_id":)";
  append_json_string(out, conversation_id);
  out.append(R"(,"user_id":)");
  append_json_string(out, user_id);
  out.append(R"(,"state":")").append(name_of(state)).append("\"}}");
  return out;
}

}  // namespace aiim
