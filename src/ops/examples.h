// The examples of the documents: one story, assets/site/docs/examples.json, whose steps the tests send to a real
// server. Each step is an operation, what it takes and what it answers; events follow from steps.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ops/operation.h"

namespace aiim {

struct Example {
  std::string request;  // JSON object of the request's fields
  std::string reply;    // JSON; empty: 204
};
/// The first step that shows the operation on that surface.
std::optional<Example> example_of(std::string_view operation, Surface surface);
/// One field of it, and what of it travels in the body.
std::optional<std::string> example_field(std::string_view operation, std::string_view field);
std::optional<std::string> example_body(const Op& op);
/// An event's data.
std::optional<std::string> example_event(std::string_view type);

}  // namespace aiim
