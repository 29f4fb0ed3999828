// docs/reference in Markdown: operations, events, errors.
#include <algorithm>

#include "ops/op_facts.h"
#include "ops/schema.h"
#include "ops/schema_types.h"
#include "ops/texts.h"
#include "wire/event_types.h"
#include "wire/problem.h"

namespace aiim {
namespace {

using Kind = Type::Kind;

constexpr std::string_view made = "<!-- Made by `make generate` from the server's own tables. Do not edit. -->\n\n";

/// A cell of a table: no line breaks, no bars.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|')
      out += "\\|";
    else if (c == '\n')
      out += ' ';
    else
      out += c;
  }
  return out;
}

std::string type_text(const Type& type) {
  switch (type.kind) {
    case Kind::string: return "text";
    case Kind::time: return "time";
    case Kind::int64:
    case Kind::int32: return "integer";
    case Kind::real: return "number";
    case Kind::boolean: return "true/false";
    case Kind::raw: return "JSON";
    case Kind::enumeration: {
      std::string out;
      for (std::string_view each : type.names) out.append(out.empty() ? "`" : ", `").append(each).append("`");
      return out;
    }
    case Kind::object: return std::string(type.name);
    case Kind::array: return "list of " + type_text(type.element());
    case Kind::optional:
    case Kind::omit: return type_text(type.element());
  }
  return {};
}

std::string presence(const Type& type, Side side) {
  if (type.kind == Kind::omit) return "may be absent";
  if (type.kind != Kind::optional) return {};
  return side == Side::request ? "optional" : "or null";
}

std::string field_table(const Type& type, Side side) {
  if (type.members.empty()) return "Nothing.\n\n";
  std::string out = "| field | type | | |\n|---|---|---|---|\n";
  for (const Member& member : type.members) {
    const FieldText* words = find_field_text(type.name, member.name);
    out.append("| `").append(member.name).append("` | ").append(cell(type_text(member.type()))).append(" | ");
    out.append(presence(member.type(), side)).append(" | ").append(words ? cell(words->text) : "").append(" |\n");
  }
  return out + "\n";
}

std::string codes_text(const Op& op) {
  std::string out;
  for (ErrorCode code : errors_of(op)) out.append(out.empty() ? "`" : ", `").append(info(code).name).append("`");
  return out;
}

std::string reply_text(const Op& op) {
  if (replies_nothing(op)) return "Answers `204` (`{}` on a WebSocket).\n\n";
  std::string reply(op.reply().name), ack(op.ack().name);
  std::string out = "Answers " + reply;
  if (*op.row.ws && *op.row.http && ack != reply) out.append(" (on a WebSocket ").append(ack).append(")");
  return out + ".\n\n";
}

std::string operation_text(const Op& op) {
  std::string out = "### " + std::string(op.row.name) + "\n\n" + op.row.summary + "\n\n";
  if (*op.row.http) out.append("- REST: `").append(op.row.http).append("`\n");
  if (*op.row.ws) out.append("- WebSocket: `").append(op.row.ws).append("`\n");
  out.append("- Errors: ").append(codes_text(op)).append("\n\n");
  out.append(description_of(op)).append("\n\n").append(field_table(op.request(), Side::request));
  return out + reply_text(op);
}

}  // namespace

std::string operations_markdown() {
  std::string out =
      "# Operations\n\n" + std::string(made) +
      "Everything a client can ask for, over REST, the WebSocket or both. A server shows the same with examples at "
      "`/docs`, and as OpenAPI and AsyncAPI at `/openapi.json` and `/asyncapi.json`.\n\n";
  for (const Tag& tag : tags()) {
    std::string section;
    for (const Op& op : operations()) {
      if (tag_of(op.row) == tag.name) section += operation_text(op);
    }
    if (!section.empty()) out.append("## ").append(tag.name).append("\n\n").append(tag.text).append("\n\n") += section;
  }
  out.pop_back();
  return out;
}

std::string events_markdown() {
  std::string out = "# Events\n\n" + std::string(made) +
                    "What a server sends on a WebSocket without being asked: `{\"type\", \"data\"}`. Durable events "
                    "have a place in the "
                    "conversation's revisions (`rev`, `after`) and come again by sync; the others may be lost.\n\n"
                    "| event | durable | data | |\n|---|---|---|---|\n";
  for (const EventRow& event : event_table()) {
    out.append("| `").append(event.type).append("` | ").append(event.durable ? "yes" : "").append(" | ");
    out.append(event.data().name).append(" | ").append(cell(event.summary)).append(" |\n");
  }
  std::vector<std::string_view> shown;
  for (const EventRow& event : event_table()) {
    const Type& type = event.data();
    if (std::find(shown.begin(), shown.end(), type.name) != shown.end()) continue;
    shown.push_back(type.name);
    const FieldText* words = find_type_text(type.name);
    out.append("\n## ").append(type.name).append("\n\n").append(words ? words->text : "").append("\n\n");
    out += field_table(type, Side::reply);
    out.pop_back();
  }
  return out;
}

std::string errors_markdown() {
  std::string out =
      "# Errors\n\n" + std::string(made) +
      "REST answers with a problem document (RFC 9457), a WebSocket with an `error` frame; `code` is the same.\n\n"
      "| code | status | close code | again? | en | zh-CN |\n|---|---|---|---|---|---|\n";
  for (const ErrorInfo& row : all_errors()) {
    out.append("| `").append(row.name).append("` | ").append(std::to_string(row.http_status)).append(" | ");
    out.append(row.close_code ? std::to_string(row.close_code) : "").append(" | ").append(row.retryable ? "yes" : "");
    out.append(" | ").append(row.title_en).append(" | ").append(row.title_zh).append(" |\n");
  }
  out.append(
      "\nThe close code is what a WebSocket ends with when the error ends the connection; *again*: the same request "
      "may succeed "
      "later.\n\n## The problem document\n\n");
  out += field_table(type_of<Problem>(), Side::reply);
  out.append("## The error of a frame\n\n").append(field_table(type_of<FrameError>(), Side::reply));
  out.pop_back();
  return out;
}

}  // namespace aiim
