// What documents say about an operation beyond its row: derived from the row, its types and its words.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/operation.h"

namespace aiim {

struct Tag {
  std::string_view name;
  std::string_view text;
};
const std::vector<Tag>& tags();
std::string_view tag_of(const OpRow& row);

struct HttpRoute {
  std::string_view method;  // empty: not offered over REST
  std::string_view path;
  std::vector<std::string_view> parameters;  // in braces in the path
  bool reads_body() const { return method == "POST" || method == "PATCH" || method == "PUT"; }
};
HttpRoute route_of(const OpRow& row);
/// Fields of the request that travel in the body, or in the query where there is no body.
std::vector<const Member*> fields_beside_path(const Op& op);

/// Every code it may answer with, in the table's order.
std::vector<ErrorCode> errors_of(const Op& op);
std::string_view access_text(Access access);
std::string_view rate_text(Rate rate);
/// Summary, words, who may, limit: a few sentences of Markdown.
std::string description_of(const Op& op);
bool is_idempotent(const Op& op);

}  // namespace aiim
