// JSON <-> described structs. One interpreter over static type descriptions (made from Boost.Describe), not a template
// per struct: the operation table stays cheap to compile, and schemas are emitted from the same descriptions.
//
//   struct MarkRead { std::string conversation_id; std::optional<std::int64_t> seq; };
//   BOOST_DESCRIBE_STRUCT(MarkRead, (), (conversation_id, seq))
//   CO_TRY_AS(request, decode<MarkRead>(element));      std::string json = encode(reply);
//
// Field types: std::string, std::int64_t, int, double, bool, Time (RFC 3339), described enums (by name), RawJson,
// structs, std::vector<T>, std::optional<T> (request: may be absent or null; reply: null when empty), Omit<T> (as
// optional, but absent from the reply when empty). Everything else of a request is required. Unknown fields are
// ignored; known fields that come twice, U+0000, lone surrogates and wrong types are `invalid_request` naming the
// field's path.
#pragma once
#include <simdjson.h>

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace aiim {

/// JSON text that is passed on as it is: valid, minified, keys sorted, without U+0000 and lone surrogates.
struct RawJson {
  std::string text = "{}";
  bool operator==(const RawJson&) const = default;
};

/// An optional that is left out of the reply when empty, instead of being null.
template <class T>
struct Omit : std::optional<T> {
  using std::optional<T>::optional;
};

struct Type;

struct Member {
  std::string_view name;
  const Type& (*type)();
  std::size_t offset;
};

struct Type {
  enum class Kind : std::uint8_t {
    string,
    int64,
    int32,
    real,
    boolean,
    time,
    enumeration,
    raw,
    object,
    array,
    optional,
    omit
  };
  Kind kind;
  std::string_view name = {};  // of a struct or enum
  std::span<const Member> members = {};
  std::span<const std::string_view> names = {};  // of an enum, by value from 0
  const Type& (*element)() = nullptr;            // of array, optional, omit
  // How to handle containers without knowing them.
  std::size_t (*size)(const void*) = nullptr;             // array: elements; optional: 0 or 1
  const void* (*at)(const void*, std::size_t) = nullptr;  // element i
  void* (*add)(void*) = nullptr;                          // appends or engages a default element and returns it
};

template <class T>
const Type& type_of();

namespace codec_detail {

template <class T>
constexpr std::string_view bare_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  auto from = text.find("T = ") + 4;
  text = text.substr(from, text.find_first_of(";]", from) - from);
  if (auto colon = text.rfind("::"); colon != std::string_view::npos) text = text.substr(colon + 2);
  return text;
}

template <class T>
struct Describe;

template <class T, template <class> class Box>
const Type& boxed(Type::Kind kind) {
  using B = Box<T>;
  static const Type type{kind,
                         {},
                         {},
                         {},
                         &type_of<T>,
                         [](const void* box) -> std::size_t { return static_cast<const B*>(box)->has_value() ? 1 : 0; },
                         [](const void* box, std::size_t) -> const void* { return &**static_cast<const B*>(box); },
                         [](void* box) -> void* { return &static_cast<B*>(box)->emplace(); }};
  return type;
}

template <class T>
struct Describe<std::optional<T>> {
  static const Type& type() { return boxed<T, std::optional>(Type::Kind::optional); }
};
template <class T>
struct Describe<Omit<T>> {
  static const Type& type() { return boxed<T, Omit>(Type::Kind::omit); }
};
template <class T>
struct Describe<std::vector<T>> {
  static const Type& type() {
    using V = std::vector<T>;
    static const Type type{
        Type::Kind::array,
        {},
        {},
        {},
        &type_of<T>,
        [](const void* list) { return static_cast<const V*>(list)->size(); },
        [](const void* list, std::size_t i) -> const void* { return &(*static_cast<const V*>(list))[i]; },
        [](void* list) -> void* { return &static_cast<V*>(list)->emplace_back(); }};
    return type;
  }
};

template <class T>
const Type& enum_type() {
  using List = boost::describe::describe_enumerators<T>;
  static const auto names = [] {
    std::vector<std::string_view> all;
    boost::mp11::mp_for_each<List>([&](auto each) { all.emplace_back(each.name); });
    return all;
  }();
  static_assert(sizeof(T) == 1, "described enums are one byte wide and count from 0");
  static const Type type{Type::Kind::enumeration, bare_name<T>(), {}, names};
  return type;
}

template <class T>
const Type& struct_type() {
  using List = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
  static const auto members = [] {
    std::vector<Member> all;
    alignas(T) static unsigned char probe[sizeof(T)];
    const T* base = reinterpret_cast<const T*>(probe);
    boost::mp11::mp_for_each<List>([&](auto each) {
      using M = std::remove_cvref_t<decltype(base->*each.pointer)>;
      auto at = reinterpret_cast<const unsigned char*>(&(base->*each.pointer)) - probe;
      all.push_back({each.name, &type_of<M>, static_cast<std::size_t>(at)});
    });
    return all;
  }();
  static const Type type{Type::Kind::object, bare_name<T>(), members};
  return type;
}

}  // namespace codec_detail

template <class T>
const Type& type_of() {
  using Kind = Type::Kind;
  if constexpr (std::is_same_v<T, std::string>) {
    static const Type type{Kind::string};
    return type;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    static const Type type{Kind::int64};
    return type;
  } else if constexpr (std::is_same_v<T, int>) {
    static const Type type{Kind::int32};
    return type;
  } else if constexpr (std::is_same_v<T, double>) {
    static const Type type{Kind::real};
    return type;
  } else if constexpr (std::is_same_v<T, bool>) {
    static const Type type{Kind::boolean};
    return type;
  } else if constexpr (std::is_same_v<T, Time>) {
    static const Type type{Kind::time};
    return type;
  } else if constexpr (std::is_same_v<T, RawJson>) {
    static const Type type{Kind::raw};
    return type;
  } else if constexpr (std::is_enum_v<T>) {
    return codec_detail::enum_type<T>();
  } else if constexpr (boost::describe::has_describe_members<T>::value) {
    return codec_detail::struct_type<T>();
  } else {
    return codec_detail::Describe<T>::type();
  }
}

/// A described enum's name, as on the wire and in the database; and back.
template <class E>
std::string_view name_of(E value) {
  return type_of<E>().names[static_cast<std::size_t>(value)];
}
template <class E>
std::optional<E> named(std::string_view name) {
  auto names = type_of<E>().names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<E>(i);
  }
  return std::nullopt;
}

using Json = simdjson::dom::element;

/// Parses JSON texts for one thread. An element lives until the next parse with the same parser.
class JsonParser {
 public:
  static constexpr std::size_t depth_max = 32;
  explicit JsonParser(std::size_t bytes_max = 1 << 20);
  /// `text` must be followed by ≥ simdjson::SIMDJSON_PADDING readable bytes.
  Result<Json> parse_padded(std::string_view text);
  Result<Json> parse(std::string_view text);  // copies

 private:
  simdjson::dom::parser parser_;
};

Result<> decode_into(const Type& type, void* target, Json from);
/// Path and query parameters: sets the fields that `values` names, parsing numbers, booleans and times from text.
/// Comma-separated text fills arrays. Fields it does not name keep what they have.
Result<> decode_text_into(const Type& type, void* target, const std::map<std::string, std::string>& values);
/// Names the first required field that neither the body nor the parameters gave.
struct DecodeSources {
  std::optional<Json> body;                                        // an object
  const std::map<std::string, std::string>* parameters = nullptr;  // win over the body
};
Result<> decode_request(const Type& type, void* target, const DecodeSources& from);

template <class T>
Result<T> decode(Json from) {
  T value{};
  if (auto done = decode_into(type_of<T>(), &value, from); !done) return std::move(done).error();
  return value;
}

void encode_to(std::string& out, const Type& type, const void* value);

template <class T>
void encode_to(std::string& out, const T& value) {
  encode_to(out, type_of<T>(), &value);
}
template <class T>
std::string encode(const T& value) {
  std::string out;
  encode_to(out, type_of<T>(), &value);
  return out;
}

/// `text` as a JSON string with quotes (RFC 8259 §7; input is valid UTF-8).
void append_json_string(std::string& out, std::string_view text);
/// The element as minified JSON with sorted keys; refuses repeated keys, U+0000 and lone surrogates.
Result<RawJson> canonical_json(Json element);

}  // namespace aiim
