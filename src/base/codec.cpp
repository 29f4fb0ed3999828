#include "base/codec.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace aiim {
namespace {

using Kind = Type::Kind;

// Where the decoder stands: a chain on the stack that becomes text only when something is wrong.
struct Path {
  const Path* parent = nullptr;
  std::string_view name = {};  // empty: an array's element
  std::size_t index = 0;

  std::string text() const {
    std::string before = parent ? parent->text() : std::string();
    if (!parent) return before;
    if (name.empty()) return before + "[" + std::to_string(index) + "]";
    return before.empty() ? std::string(name) : before + "." + std::string(name);
  }
};

Error wrong(const Path& path, std::string_view message) {
  std::string at = path.text();
  return Error::field(at.empty() ? "body" : at, std::string(message));
}

// simdjson validates UTF-8, but lets U+0000 and, in some versions, escaped lone surrogates through.
bool storable(std::string_view text) {
  if (std::memchr(text.data(), 0, text.size())) return false;
  for (auto at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return false;
  }
  return true;
}

constexpr std::string_view not_storable = "must not contain U+0000 or lone surrogates";

template <class T>
T& as(void* target) {
  return *static_cast<T*>(target);
}
template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}
char* offset(void* base, std::size_t by) { return static_cast<char*>(base) + by; }
const char* offset(const void* base, std::size_t by) { return static_cast<const char*>(base) + by; }

bool optional_kind(const Type& type) { return type.kind == Kind::optional || type.kind == Kind::omit; }

std::string choices(const Type& type) {
  std::string text = "must be one of";
  for (auto name : type.names) text.append(" ").append(name);
  return text;
}

Result<> decode_at(const Type& type, void* target, Json from, const Path& path);

Result<> decode_members(const Type& type, void* target, const simdjson::dom::object& object, const Path& path,
                        std::uint64_t& seen) {
  AIIM_CHECK(type.members.size() <= 64);
  for (auto [key, value] : object) {
    for (std::size_t i = 0; i < type.members.size(); ++i) {
      const Member& member = type.members[i];
      if (member.name != key) continue;
      if (seen & (1ULL << i)) return wrong(Path{&path, key}, "is given twice");
      seen |= 1ULL << i;
      TRY(decode_at(member.type(), offset(target, member.offset), value, Path{&path, key}));
      break;
    }
  }
  return {};
}

Result<> require_all(const Type& type, std::uint64_t seen, const Path& path) {
  for (std::size_t i = 0; i < type.members.size(); ++i) {
    if (!(seen & (1ULL << i)) && !optional_kind(type.members[i].type())) {
      return wrong(Path{&path, type.members[i].name}, "is required");
    }
  }
  return {};
}

Result<> decode_string(std::string& target, Json from, const Path& path) {
  std::string_view text;
  if (from.get_string().get(text)) return wrong(path, "must be a string");
  if (!storable(text)) return wrong(path, not_storable);
  target = text;
  return {};
}

Result<> decode_enum(const Type& type, void* target, std::string_view text, const Path& path) {
  auto found = std::find(type.names.begin(), type.names.end(), text);
  if (found == type.names.end()) return wrong(path, choices(type));
  as<std::uint8_t>(target) = static_cast<std::uint8_t>(found - type.names.begin());
  return {};
}

Result<> decode_int(const Type& type, void* target, std::int64_t number, const Path& path) {
  if (type.kind == Kind::int64) {
    as<std::int64_t>(target) = number;
  } else {
    if (number < INT32_MIN || number > INT32_MAX) return wrong(path, "is out of range");
    as<int>(target) = static_cast<int>(number);
  }
  return {};
}

Result<> decode_array(const Type& type, void* target, Json from, const Path& path) {
  simdjson::dom::array list;
  if (from.get_array().get(list)) return wrong(path, "must be an array");
  std::size_t i = 0;
  for (Json element : list) {
    TRY(decode_at(type.element(), type.add(target), element, Path{&path, {}, i++}));
  }
  return {};
}

Result<> decode_at(const Type& type, void* target, Json from, const Path& path) {
  switch (type.kind) {
    case Kind::string: return decode_string(as<std::string>(target), from, path);
    case Kind::int64:
    case Kind::int32: {
      std::int64_t number;
      if (from.get_int64().get(number)) return wrong(path, "must be an integer");
      return decode_int(type, target, number, path);
    }
    case Kind::real:
      if (from.get_double().get(as<double>(target))) return wrong(path, "must be a number");
      return {};
    case Kind::boolean:
      if (from.get_bool().get(as<bool>(target))) return wrong(path, "must be true or false");
      return {};
    case Kind::time: {
      std::string_view text;
      if (from.get_string().get(text)) return wrong(path, "must be an RFC 3339 time");
      auto time = parse_time(text);
      if (!time) return wrong(path, "must be an RFC 3339 time");
      as<Time>(target) = *time;
      return {};
    }
    case Kind::enumeration: {
      std::string_view text;
      if (from.get_string().get(text)) return wrong(path, choices(type));
      return decode_enum(type, target, text, path);
    }
    case Kind::raw: {
      auto raw = canonical_json(from);
      if (!raw) return wrong(path, raw.error().detail);
      as<RawJson>(target) = std::move(*raw);
      return {};
    }
    case Kind::object: {
      simdjson::dom::object object;
      if (from.get_object().get(object)) return wrong(path, "must be an object");
      std::uint64_t seen = 0;
      TRY(decode_members(type, target, object, path, seen));
      return require_all(type, seen, path);
    }
    case Kind::array: return decode_array(type, target, from, path);
    case Kind::optional:
    case Kind::omit:
      if (from.is_null()) return {};
      return decode_at(type.element(), type.add(target), from, path);
  }
  return {};
}

Result<> decode_text(const Type& type, void* target, std::string_view text, const Path& path) {
  auto whole = [&](auto& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
  };
  switch (type.kind) {
    case Kind::string:
      if (!storable(text)) return wrong(path, not_storable);
      as<std::string>(target) = text;
      return {};
    case Kind::int64:
    case Kind::int32: {
      std::int64_t number;
      if (!whole(number)) return wrong(path, "must be an integer");
      return decode_int(type, target, number, path);
    }
    case Kind::real:
      if (!whole(as<double>(target))) return wrong(path, "must be a number");
      return {};
    case Kind::boolean:
      if (text != "true" && text != "false" && text != "1" && text != "0") return wrong(path, "must be true or false");
      as<bool>(target) = text == "true" || text == "1";
      return {};
    case Kind::time: {
      auto time = parse_time(text);
      if (!time) return wrong(path, "must be an RFC 3339 time");
      as<Time>(target) = *time;
      return {};
    }
    case Kind::enumeration: return decode_enum(type, target, text, path);
    case Kind::array:
      while (!text.empty()) {
        auto comma = std::min(text.find(','), text.size());
        TRY(decode_text(type.element(), type.add(target), text.substr(0, comma), path));
        text.remove_prefix(std::min(comma + 1, text.size()));
      }
      return {};
    case Kind::optional:
    case Kind::omit: return decode_text(type.element(), type.add(target), text, path);
    case Kind::raw:
    case Kind::object: return wrong(path, "cannot be given as text");
  }
  return {};
}

Result<> decode_parameters(const Type& type, void* target, const std::map<std::string, std::string>& values,
                           std::uint64_t& seen) {
  const Path root;
  for (std::size_t i = 0; i < type.members.size(); ++i) {
    const Member& member = type.members[i];
    auto found = values.find(std::string(member.name));
    if (found == values.end()) continue;
    seen |= 1ULL << i;
    TRY(decode_text(member.type(), offset(target, member.offset), found->second, Path{&root, member.name}));
  }
  return {};
}

template <class Number>
void append_number(std::string& out, Number number) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

// JSON has no NaN and no infinity; AIIM never computes one into a reply, and requests cannot hold them. -0 is written
// as 0, which is what it reads back as.
void append_real(std::string& out, double number) {
  if (number == 0) {
    out += '0';
  } else if (std::isfinite(number)) {
    append_number(out, number);
  } else {
    out += "null";
  }
}

// What a database that stores plain decimals makes of numbers with large exponents, beyond their own text: 1e300 takes
// 301 digits there.
constexpr double expansion_max = 64 * 1024;

Result<> canonical(std::string& out, Json element, double& expansion) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::OBJECT: {
      std::vector<std::pair<std::string_view, Json>> fields;
      simdjson::dom::object object = element.get_object().value_unsafe();
      for (auto [key, value] : object) fields.emplace_back(key, value);
      std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      out += '{';
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i && fields[i].first == fields[i - 1].first) {
          return Error(ErrorCode::invalid_request, "the key \"" + std::string(fields[i].first) + "\" is given twice");
        }
        if (!storable(fields[i].first)) return Error(ErrorCode::invalid_request, std::string(not_storable));
        if (i) out += ',';
        append_json_string(out, fields[i].first);
        out += ':';
        TRY(canonical(out, fields[i].second, expansion));
      }
      out += '}';
      return {};
    }
    case element_type::ARRAY: {
      out += '[';
      bool first = true;
      simdjson::dom::array list = element.get_array().value_unsafe();
      for (Json each : list) {
        if (!first) out += ',';
        first = false;
        TRY(canonical(out, each, expansion));
      }
      out += ']';
      return {};
    }
    case element_type::STRING: {
      std::string_view text = element.get_string().value_unsafe();
      if (!storable(text)) return Error(ErrorCode::invalid_request, std::string(not_storable));
      append_json_string(out, text);
      return {};
    }
    case element_type::INT64: append_number(out, element.get_int64().value_unsafe()); return {};
    case element_type::UINT64: append_number(out, element.get_uint64().value_unsafe()); return {};
    case element_type::DOUBLE: {
      double number = element.get_double().value_unsafe();
      if (number != 0) expansion += std::abs(std::log10(std::abs(number)));
      if (expansion > expansion_max) {
        return Error(ErrorCode::invalid_request, "has too many numbers with a large exponent");
      }
      append_real(out, number);
      return {};
    }
    case element_type::BOOL: out += element.get_bool().value_unsafe() ? "true" : "false"; return {};
    case element_type::NULL_VALUE: out += "null"; return {};
  }
  return {};
}

}  // namespace

JsonParser::JsonParser(std::size_t bytes_max) : parser_(bytes_max) {
  if (parser_.allocate(std::min<std::size_t>(bytes_max, 4096), depth_max)) std::abort();
}

Result<Json> JsonParser::parse_padded(std::string_view text) {
  Json element;
  auto error = parser_.parse(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), false).get(element);
  if (!error) return element;
  switch (error) {
    case simdjson::DEPTH_ERROR: return Error(ErrorCode::invalid_request, "the JSON is nested deeper than 32 levels");
    case simdjson::CAPACITY:
      return Error(ErrorCode::too_large, "the JSON has more than " + std::to_string(parser_.max_capacity()) + " bytes");
    case simdjson::UTF8_ERROR: return Error(ErrorCode::invalid_request, "the JSON is not valid UTF-8");
    case simdjson::EMPTY: return Error(ErrorCode::invalid_request, "the body is empty; JSON is expected");
    default: return Error(ErrorCode::invalid_request, "the body is not valid JSON");
  }
}

Result<Json> JsonParser::parse(std::string_view text) {
  Json element;
  simdjson::padded_string copy(text);
  auto error = parser_.parse(copy).get(element);
  if (error) return parse_padded({copy.data(), copy.size()});
  return element;
}

Result<> decode_into(const Type& type, void* target, Json from) { return decode_at(type, target, from, {}); }

Result<> decode_text_into(const Type& type, void* target, const std::map<std::string, std::string>& values) {
  std::uint64_t seen = 0;
  return decode_parameters(type, target, values, seen);
}

Result<> decode_request(const Type& type, void* target, const DecodeSources& from) {
  std::uint64_t body_seen = 0, parameters_seen = 0;
  if (from.body) {
    simdjson::dom::object object;
    if (from.body->get_object().get(object)) return Error(ErrorCode::invalid_request, "the body must be a JSON object");
    TRY(decode_members(type, target, object, {}, body_seen));
  }
  if (from.parameters) {
    TRY(decode_parameters(type, target, *from.parameters, parameters_seen));
  }
  return require_all(type, body_seen | parameters_seen, {});
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, from, i - from);
    from = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default:
        out += "\\u00";
        out += digits[c >> 4];
        out += digits[c & 15];
    }
  }
  out.append(text, from);
  out += '"';
}

Result<RawJson> canonical_json(Json element) {
  RawJson raw;
  raw.text.clear();
  double expansion = 0;
  TRY(canonical(raw.text, element, expansion));
  return raw;
}

void encode_to(std::string& out, const Type& type, const void* value) {
  switch (type.kind) {
    case Kind::string: append_json_string(out, as<std::string>(value)); return;
    case Kind::int64: append_number(out, as<std::int64_t>(value)); return;
    case Kind::int32: append_number(out, as<int>(value)); return;
    case Kind::real: append_real(out, as<double>(value)); return;
    case Kind::boolean: out += as<bool>(value) ? "true" : "false"; return;
    case Kind::time:
      out += '"';
      append_rfc3339(out, as<Time>(value));
      out += '"';
      return;
    case Kind::enumeration:
      out += '"';
      out += type.names[as<std::uint8_t>(value)];
      out += '"';
      return;
    case Kind::raw: out += as<RawJson>(value).text; return;
    case Kind::object: {
      out += '{';
      bool first = true;
      for (const Member& member : type.members) {
        const Type& inner = member.type();
        const void* field = offset(value, member.offset);
        if (inner.kind == Kind::omit && inner.size(field) == 0) continue;
        if (!first) out += ',';
        first = false;
        out += '"';
        out += member.name;
        out += "\":";
        encode_to(out, inner, field);
      }
      out += '}';
      return;
    }
    case Kind::array: {
      out += '[';
      for (std::size_t i = 0, n = type.size(value); i < n; ++i) {
        if (i) out += ',';
        encode_to(out, type.element(), type.at(value, i));
      }
      out += ']';
      return;
    }
    case Kind::optional:
    case Kind::omit:
      if (type.size(value) == 0) {
        out += "null";
      } else {
        encode_to(out, type.element(), type.at(value, 0));
      }
      return;
  }
}

}  // namespace aiim
