#include "net/ws_aliases.h"

#include <algorithm>
#include <array>

#include "ops/operation.h"

namespace aiim {
namespace {

struct Alias {
  std::string_view type;
  std::string_view ours;
  std::string_view field;       // renamed …
  std::string_view field_ours;  // … to this
};

constexpr std::array aliases = {
    Alias{"send_msg", "send_message", "msg_type", "type"},
    Alias{"stream_chunk", "stream_chunk", "", ""},
    Alias{"delivered", "mark_delivered", "", ""},
};

// {"type":…,"id":…,"data":{everything else at the top}}
std::string wrapped(const Envelope& envelope, std::string_view type, const Alias& alias) {
  std::string out = R"({"type":)";
  append_json_string(out, type);
  if (!envelope.id.empty()) {
    out += R"(,"id":)";
    append_json_string(out, envelope.id);
  }
  out += R"(,"data":{)";
  bool first = true;
  for (auto [key, value] : simdjson::dom::object(*envelope.root)) {
    if (key == "type" || key == "id") continue;
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, key == alias.field ? alias.field_ours : key);
    out += ':';
    out += simdjson::to_string(value);
  }
  return out += "}}";
}

// The membership is looked at all the same: whoever waits for events of a conversation should hear that none will come.
Result<AliasedFrame> subscription(const Envelope& envelope, bool on) {
  std::string_view conversation_id;
  if ((*envelope.root)["conversation_id"].get_string().get(conversation_id)) {
    return Error::field("conversation_id", "a string is required");
  }
  AliasedFrame frame;
  frame.answer = on ? R"({"type":"subscribed")" : R"({"type":"unsubscribed")";
  if (!envelope.id.empty()) {
    frame.answer += R"(,"id":)";
    append_json_string(frame.answer, envelope.id);
  }
  frame.answer += R"(,"conversation_id":)";
  append_json_string(frame.answer, conversation_id);
  frame.answer += '}';
  if (!on) return frame;
  auto all = operations();
  auto op = std::find_if(all.begin(), all.end(),
                         [](const Op& each) { return row_of(each).name == std::string_view("get_conversation"); });
  if (op == all.end()) return frame;
  frame.op = &*op;
  frame.text = wrapped(envelope, envelope.type, {});
  return frame;
}

}  // namespace

std::optional<Result<AliasedFrame>> rewrite_alias(const Envelope& envelope) {
  if (envelope.data || !envelope.root) return std::nullopt;
  if (envelope.type == "pong") return AliasedFrame{};
  if (envelope.type == "subscribe") return subscription(envelope, true);
  if (envelope.type == "unsubscribe") return subscription(envelope, false);
  AliasedFrame frame;
  auto alias =
      std::find_if(aliases.begin(), aliases.end(), [&](const Alias& each) { return each.type == envelope.type; });
  if (alias != aliases.end()) {
    frame.text = wrapped(envelope, alias->ours, *alias);
  } else if (envelope.type.starts_with("call.")) {
    frame.text = wrapped(envelope, envelope.type, {});
  } else {
    return std::nullopt;
  }
  return frame;
}

}  // namespace aiim
