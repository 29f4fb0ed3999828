#include "net/ws_envelope.h"

#include <algorithm>

namespace aiim {
namespace {

constexpr std::size_t id_characters_max = 128;

Error bad(std::string_view why) { return Error(ErrorCode::invalid_request, std::string(why)); }

bool valid_id(std::string_view id) {
  auto characters = std::count_if(id.begin(), id.end(), [](char c) { return (c & 0xc0) != 0x80; });
  return !id.empty() && static_cast<std::size_t>(characters) <= id_characters_max;
}

Envelope malformed(std::string_view why) {
  Envelope envelope;
  envelope.error = bad(why);
  envelope.malformed = true;
  return envelope;
}

struct Members {
  std::optional<Json> type, id, data;
};

// False when one of ours comes twice.
bool collect(simdjson::dom::object object, Members& members) {
  for (auto [key, value] : object) {
    std::optional<Json>* member = nullptr;
    if (key == "type") member = &members.type;
    if (key == "id") member = &members.id;
    if (key == "data") member = &members.data;
    if (!member) continue;
    if (*member) return false;
    *member = value;
  }
  return true;
}

}  // namespace

Envelope parse_envelope(JsonParser& parser, std::string_view text) {
  auto parsed = parser.parse_padded(text);
  if (!parsed) {
    Envelope envelope;
    envelope.error = parsed.error();
    envelope.malformed = true;
    return envelope;
  }
  simdjson::dom::object object;
  if (parsed->get_object().get(object)) return malformed("a frame is an object {type, id?, data}");
  Members members;
  if (!collect(object, members)) return malformed("type, id and data may come once each");
  Envelope envelope;
  envelope.root = *parsed;
  if (members.id && !members.id->is_null()) {
    if (members.id->get_string().get(envelope.id) || !valid_id(envelope.id)) {
      return malformed("id must be a string of 1 to 128 characters");
    }
  }
  if (!members.type || members.type->get_string().get(envelope.type)) {
    envelope.error = bad("type must be a string");
    envelope.malformed = true;
  } else if (members.data) {
    if (!members.data->is_object()) envelope.error = bad("data must be an object");
    envelope.data = members.data;
  }
  return envelope;
}

void write_ack(std::string& out, std::string_view id, std::string_view data) {
  out.assign(R"({"type":"ack","id":)");
  append_json_string(out, id);
  out += R"(,"data":)";
  out += data.empty() ? std::string_view("{}") : data;
  out += '}';
}

std::string hello_frame(const Hello& hello) {
  std::string out = R"({"type":"hello","data":)";
  encode_to(out, hello);
  out += '}';
  return out;
}

std::string bye_frame(std::string_view reason, std::int64_t reconnect_after_ms) {
  std::string out = R"({"type":"bye","data":{"reason":)";
  append_json_string(out, reason);
  out += R"(,"reconnect_after_ms":)" + std::to_string(reconnect_after_ms) + "}}";
  return out;
}

}  // namespace aiim
