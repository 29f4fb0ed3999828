// The words of the API documents: what the types, fields and operations mean, each said once. The shapes come from the
// code; what a shape has no words for is a complaint of check_texts() that names the file to edit.
//
//   texts_of_fields*.cpp      "Message" a type · "Message.seq" a field · "seq" every field of that name without its own
//   texts_of_operations.cpp   what an operation does beyond its summary, and which errors only it has
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace aiim {

struct FieldText {
  std::string_view key;
  std::string_view text;
  /// More members of its JSON Schema: limits, defaults, examples. {"x-surface":"websocket"} hides a field from REST.
  std::string_view schema = {};
};
std::span<const FieldText> texts_of_types();   // texts_of_types.cpp: types and enums
std::span<const FieldText> texts_of_fields();  // texts_of_fields.cpp: by type and field
std::span<const FieldText> texts_of_names();   // texts_of_names.cpp: by field alone

struct OperationText {
  std::string_view name;
  std::string_view text;
  std::vector<ErrorCode> errors = {};  // beside those that follow from its row
  bool idempotent = false;             // reads Idempotency-Key
};
std::span<const OperationText> texts_of_operations();

/// The most specific text, null when there is none.
const FieldText* find_field_text(std::string_view type, std::string_view field);
const FieldText* find_type_text(std::string_view type);
const OperationText* find_operation_text(std::string_view operation);

/// What is missing or says something about nothing, one line each, with the file to edit.
std::vector<std::string> check_texts();

}  // namespace aiim
