// From the codec's types to JSON Schema: collects the named types that a document mentions and writes each once.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"

namespace aiim {

/// Requests and replies differ: an optional field of a request may be left out, one of a reply is there and null.
enum class Side : std::uint8_t { request, reply };

/// The shape of the fields that the codec passes on as JSON text. Null: any JSON.
struct RawShape {
  const Type& (*type)() = nullptr;
  bool or_text = false;  // a bare string will do
};
RawShape raw_shape(std::string_view owner, std::string_view field);
/// Types that keep keys which the server does not know.
bool is_open(const Type& type);
bool is_optional(const Type& type);  // need not be in a request
const Type& unwrapped(const Type& type);
bool hidden_from_rest(std::string_view owner, std::string_view field);

class SchemaSet {
 public:
  /// `siblings`: whether members beside $ref count (JSON Schema 2020-12, not draft 07).
  SchemaSet(std::string ref_prefix, bool siblings) : prefix_(std::move(ref_prefix)), siblings_(siblings) {}

  /// The schema of a value of this type; structs and enums as $ref.
  void write(JsonWriter& json, const Type& type, Side side);
  /// ... of a member, with its words.
  void write_member(JsonWriter& json, const Type& owner, const Member& member, Side side);
  /// An object schema of some of a struct's members, written in place.
  void write_object(JsonWriter& json, const Type& type, Side side, const std::set<std::string_view>& without = {});
  std::string ref(const Type& type, Side side);
  /// {"Name": schema, …} of all that was mentioned, and of what those mention.
  void write_named(JsonWriter& json);

 private:
  void write_bare(JsonWriter& json, const Type& type, Side side, std::string_view extra, std::string_view text);

  std::string prefix_;
  bool siblings_;
  std::map<std::string_view, std::pair<const Type*, Side>> named_;
  std::vector<std::string_view> waiting_;
};

}  // namespace aiim
