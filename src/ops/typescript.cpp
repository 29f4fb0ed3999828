// TypeScript declarations of everything on the wire, for clients/typescript/src/generated/wire.ts.
#include <algorithm>
#include <map>

#include "ops/op_facts.h"
#include "ops/schema.h"
#include "ops/schema_types.h"
#include "ops/texts.h"
#include "wire/event_types.h"
#include "wire/health.h"
#include "wire/problem.h"

namespace aiim {
namespace {

using Kind = Type::Kind;

class TypeScript {
 public:
  void mention(const Type& type, Side side, std::string_view text = {}) {
    if (type.element) return mention(type.element(), side);
    if (type.name.empty() || types_.contains(type.name)) return;
    types_[type.name] = {&type, side, std::string(text)};
    for (const Member& member : type.members) {
      RawShape shape = raw_of(type, member);
      mention(shape.type ? shape.type() : member.type(), side);
    }
  }

  std::string declarations() const {
    std::string out;
    for (const auto& [name, entry] : types_) out.append(declaration(entry)).append("\n");
    return out;
  }

  static std::string comment(std::string_view text, std::string_view indent) {
    if (text.empty()) return {};
    std::string line = std::string(indent) + "/** " + std::string(text) + " */\n";
    if (line.size() <= 121) return line;
    std::string out = std::string(indent) + "/**\n";
    std::size_t width = 117 - indent.size();
    while (!text.empty()) {
      std::size_t end = text.size() <= width ? text.size() : text.rfind(' ', width);
      out.append(indent).append(" * ").append(text.substr(0, end)).append("\n");
      text.remove_prefix(std::min(text.size(), end + 1));
    }
    return out.append(indent).append(" */\n");
  }

 private:
  struct Entry {
    const Type* type = nullptr;
    Side side = Side::reply;
    std::string text;
  };

  static RawShape raw_of(const Type& owner, const Member& member) {
    return unwrapped(member.type()).kind == Kind::raw ? raw_shape(owner.name, member.name) : RawShape();
  }

  static std::string type_text(const Type& type) {
    switch (type.kind) {
      case Kind::string: return "string";
      case Kind::time: return "Timestamp";
      case Kind::int64:
      case Kind::int32:
      case Kind::real: return "number";
      case Kind::boolean: return "boolean";
      case Kind::raw: return "unknown";
      case Kind::enumeration:
      case Kind::object: return std::string(type.name);
      case Kind::array: return "readonly " + type_text(type.element()) + "[]";
      case Kind::optional: return type_text(type.element()) + " | null";
      case Kind::omit: return type_text(type.element());
    }
    return "unknown";
  }

  static std::string field(const Type& owner, const Member& member, Side side) {
    const FieldText* words = find_field_text(owner.name, member.name);
    const Type& type = member.type();
    RawShape shape = raw_of(owner, member);
    std::string text =
        shape.type ? std::string(shape.type().name) + (shape.or_text ? " | string" : "") : type_text(type);
    bool absent = type.kind == Kind::omit || (side == Side::request && type.kind == Kind::optional);
    return comment(words ? words->text : std::string_view(), "  ") + "  readonly " + std::string(member.name) +
           (absent ? "?: " : ": ") + text + ";\n";
  }

  static std::string declaration(const Entry& entry) {
    const Type& type = *entry.type;
    std::string name(type.name);
    const FieldText* words = find_type_text(name);
    std::string out = comment(words ? words->text : std::string_view(entry.text), "");
    if (type.kind == Kind::enumeration) {
      out.append("export type ").append(name).append(" =");
      std::string line;
      for (std::string_view each : type.names) line.append(line.empty() ? " '" : " | '").append(each).append("'");
      if (out.size() - out.rfind('\n') + line.size() <= 119) return out.append(line).append(";\n");
      for (std::string_view each : type.names) out.append("\n  | '").append(each).append("'");
      return out.append(";\n");
    }
    out.append("export interface ").append(name).append(" {\n");
    for (const Member& member : type.members) out.append(field(type, member, entry.side));
    if (is_open(type)) out.append("  readonly [key: string]: unknown;\n");
    return out.append("}\n");
  }

  std::map<std::string_view, Entry> types_;
};

std::string name_or(const Type& type, std::string_view otherwise) {
  return type.members.empty() ? std::string(otherwise) : std::string(type.name);
}

std::string quoted(std::string_view key) {
  bool plain = key.find('.') == key.npos;
  return plain ? std::string(key) : "'" + std::string(key) + "'";
}

std::string rest_table() {
  std::string out = "\n/** Operations over REST, by name. */\nexport interface RestOperations {\n";
  for (const Op& op : operations()) {
    HttpRoute route = route_of(op.row);
    if (route.method.empty()) continue;
    out += TypeScript::comment(op.row.summary, "  ");
    out.append("  ").append(op.row.name).append(": {\n    readonly method: '").append(route.method);
    out.append("';\n    readonly path: '").append(route.path).append("';\n    readonly request: ");
    out.append(name_or(op.request(), "Nothing")).append(";\n    readonly reply: ");
    out.append(replies_nothing(op) ? "void" : std::string(op.reply().name)).append(";\n  };\n");
  }
  return out + "}\n";
}

std::string frame_table() {
  std::string out = "\n/** Operations over the WebSocket, by frame type. */\nexport interface FrameOperations {\n";
  for (const Op& op : operations()) {
    if (!*op.row.ws) continue;
    out += TypeScript::comment(op.row.summary, "  ");
    out.append("  ").append(quoted(op.row.ws)).append(": { readonly data: ").append(name_or(op.request(), "Nothing"));
    out.append("; readonly ack: ").append(name_or(op.ack(), "Nothing")).append(" };\n");
  }
  return out + "}\n";
}

std::string event_rows() {
  std::string out = "\n/** Events by type. */\nexport interface Events {\n";
  for (const EventRow& event : event_table()) {
    out += TypeScript::comment(event.summary, "  ");
    out.append("  ").append(quoted(event.type)).append(": ").append(event.data().name).append(";\n");
  }
  return out + "}\n";
}

}  // namespace

std::string typescript_types() {
  TypeScript types;
  for (const Op& op : operations()) {
    if (!replies_nothing(op)) {
      types.mention(op.reply(), Side::reply);
      types.mention(op.ack(), Side::reply);
    }
  }
  for (const EventRow& event : event_table()) types.mention(event.data(), Side::reply);
  types.mention(type_of<Problem>(), Side::reply);
  types.mention(type_of<FrameError>(), Side::reply);
  types.mention(type_of<HealthDocument>(), Side::reply);
  for (const Op& op : operations()) {
    if (op.request().members.empty()) continue;
    types.mention(op.request(), Side::request, "What `" + std::string(op.row.name) + "` takes.");
  }
  return "// Made by `make generate` from the server's tables (`aiim schema typescript`). Do not edit.\n\n"
         "/** A time as RFC 3339 UTC with milliseconds, for instance `2026-11-23T05:40:35.120Z`. */\n"
         "export type Timestamp = string;\n\n"
         "/** An empty object. */\nexport type Nothing = Readonly<Record<string, never>>;\n\n" +
         types.declarations() + rest_table() + frame_table() + event_rows();
}

}  // namespace aiim
