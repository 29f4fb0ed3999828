// Writes JSON text piece by piece, for documents whose shape no struct has (schemas). Commas are its business:
//
//   JsonWriter json;
//   json.open('{').key("type").text("object").close('}');
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/codec.h"

namespace aiim {

class JsonWriter {
 public:
  JsonWriter& open(char bracket) {
    before_value();
    out_ += bracket;
    comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
  }
  JsonWriter& key(std::string_view name) {
    before_value();
    append_json_string(out_, name);
    out_ += ':';
    comma_ = false;
    return *this;
  }
  JsonWriter& text(std::string_view value) {
    before_value();
    append_json_string(out_, value);
    return *this;
  }
  JsonWriter& number(std::int64_t value) { return raw(std::to_string(value)); }
  JsonWriter& truth(bool value) { return raw(value ? "true" : "false"); }
  /// JSON text as it is: a whole value, or members ("a":1,"b":2) inside an object. Empty: nothing.
  JsonWriter& raw(std::string_view json) {
    if (json.empty()) return *this;
    before_value();
    out_ += json;
    return *this;
  }
  /// A member whose value is a string.
  JsonWriter& member(std::string_view name, std::string_view value) { return key(name).text(value); }

  const std::string& str() const { return out_; }

 private:
  void before_value() {
    if (comma_) out_ += ',';
    comma_ = true;
  }

  std::string out_;
  bool comma_ = false;
};

}  // namespace aiim
