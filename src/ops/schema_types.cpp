#include "ops/schema_types.h"

#include "base/check.h"
#include "ops/texts.h"
#include "wire/content.h"

namespace aiim {
namespace {

using Kind = Type::Kind;

std::string_view scalar_members(Kind kind) {
  switch (kind) {
    case Kind::int64: return R"("format":"int64")";
    case Kind::int32: return R"("format":"int32")";
    case Kind::real: return R"("format":"double")";
    case Kind::time: return R"("format":"date-time","examples":["2026-11-23T05:40:35.120Z"])";
    default: return {};
  }
}

std::string_view scalar_name(Kind kind) {
  switch (kind) {
    case Kind::int64:
    case Kind::int32: return "integer";
    case Kind::real: return "number";
    case Kind::boolean: return "boolean";
    default: return "string";
  }
}

bool is_named(const Type& type) { return type.kind == Kind::object || type.kind == Kind::enumeration; }

void write_words(JsonWriter& json, std::string_view text, std::string_view extra) {
  if (!text.empty()) json.member("description", text);
  json.raw(extra);
}

}  // namespace

RawShape raw_shape(std::string_view owner, std::string_view field) {
  if (field != "content") return {};
  return {&type_of<MessageContent>, owner != "Message"};
}

bool is_open(const Type& type) { return type.name == "MessageContent"; }
bool is_optional(const Type& type) { return type.kind == Kind::optional || type.kind == Kind::omit; }
const Type& unwrapped(const Type& type) { return is_optional(type) ? type.element() : type; }

bool hidden_from_rest(std::string_view owner, std::string_view field) {
  const FieldText* text = find_field_text(owner, field);
  return text && text->schema.find("x-surface") != std::string_view::npos;
}

std::string SchemaSet::ref(const Type& type, Side side) {
  auto [entry, added] = named_.emplace(type.name, std::pair(&type, side));
  if (added) {
    waiting_.push_back(type.name);
  } else if (type.kind == Kind::object && entry->second.second != side) {
    // One name for both sides needs one shape.
    for (const Member& member : type.members) AIIM_CHECK(member.type().kind != Kind::optional);
  }
  return prefix_ + std::string(type.name);
}

// A value with its words. `extra` are members of the schema, `text` its description; both may be empty.
void SchemaSet::write_bare(JsonWriter& json, const Type& type, Side side, std::string_view extra,
                           std::string_view text) {
  json.open('{');
  bool nullable = type.kind == Kind::optional;
  const Type& inner = unwrapped(type);
  if (is_named(inner)) {
    std::string target = ref(inner, side);
    bool worded = !text.empty() || !extra.empty();
    if (nullable) {
      json.key("anyOf").open('[').open('{').member("$ref", target).close('}');
      json.open('{').member("type", "null").close('}').close(']');
    } else if (worded && !siblings_) {
      json.key("allOf").open('[').open('{').member("$ref", target).close('}').close(']');
    } else {
      json.member("$ref", target);
    }
  } else if (inner.kind == Kind::array) {
    json.key("type");
    nullable ? json.raw(R"(["array","null"])") : json.text("array");
    json.key("items");
    write_bare(json, inner.element(), side, {}, {});
  } else if (inner.kind != Kind::raw) {
    json.key("type");
    if (nullable) {
      json.open('[').text(scalar_name(inner.kind)).text("null").close(']');
    } else {
      json.text(scalar_name(inner.kind));
    }
    json.raw(scalar_members(inner.kind));
  }
  write_words(json, text, extra);
  json.close('}');
}

void SchemaSet::write(JsonWriter& json, const Type& type, Side side) { write_bare(json, type, side, {}, {}); }

void SchemaSet::write_member(JsonWriter& json, const Type& owner, const Member& member, Side side) {
  const FieldText* words = find_field_text(owner.name, member.name);
  std::string_view text = words ? words->text : std::string_view();
  std::string_view extra = words ? words->schema : std::string_view();
  const Type& type = member.type();
  RawShape shape = unwrapped(type).kind == Kind::raw ? raw_shape(owner.name, member.name) : RawShape();
  if (!shape.type) return write_bare(json, type, side, extra, text);
  if (!shape.or_text) return write_bare(json, shape.type(), side, extra, text);
  json.open('{').key("anyOf").open('[').open('{').member("$ref", ref(shape.type(), side)).close('}');
  json.open('{').member("type", "string").close('}').close(']');
  write_words(json, text, extra);
  json.close('}');
}

void SchemaSet::write_object(JsonWriter& json, const Type& type, Side side, const std::set<std::string_view>& without) {
  json.open('{').member("type", "object");
  if (const FieldText* words = find_type_text(type.name)) write_words(json, words->text, words->schema);
  std::vector<std::string_view> required;
  json.key("properties").open('{');
  for (const Member& member : type.members) {
    if (without.contains(member.name)) continue;
    json.key(member.name);
    write_member(json, type, member, side);
    Kind kind = member.type().kind;
    if (kind != Kind::omit && (side == Side::reply || kind != Kind::optional)) required.push_back(member.name);
  }
  json.close('}');
  if (!required.empty()) {
    json.key("required").open('[');
    for (std::string_view name : required) json.text(name);
    json.close(']');
  }
  if (is_open(type)) json.key("additionalProperties").truth(true);
  json.close('}');
}

void SchemaSet::write_named(JsonWriter& json) {
  std::map<std::string_view, std::string> texts;
  while (!waiting_.empty()) {
    std::string_view name = waiting_.back();
    waiting_.pop_back();
    auto [type, side] = named_.at(name);
    JsonWriter one;
    if (type->kind == Kind::enumeration) {
      one.open('{').member("type", "string").key("enum").open('[');
      for (std::string_view each : type->names) one.text(each);
      one.close(']');
      if (const FieldText* words = find_type_text(name)) write_words(one, words->text, words->schema);
      one.close('}');
    } else {
      write_object(one, *type, side);
    }
    texts[name] = one.str();
  }
  json.open('{');
  for (const auto& [name, text] : texts) json.key(name).raw(text);
  json.close('}');
}

}  // namespace aiim
