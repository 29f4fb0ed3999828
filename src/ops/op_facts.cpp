#include "ops/op_facts.h"

#include <algorithm>
#include <set>

#include "ops/schema_types.h"
#include "ops/texts.h"

namespace aiim {

const std::vector<Tag>& tags() {
  static const std::vector<Tag> all = {
      {"auth", "Local accounts: log in, register, refresh, log out. Tokens of an identity provider need none of it."},
      {"users", "People and bots of the tenant, the caller included."},
      {"api-keys", "For the tenant's admins: keys of bots and services, and the audit log."},
      {"conversations", "Direct conversations and groups, and who is in them."},
      {"messages", "Sending, reading, editing, recalling, reacting."},
      {"streams", "Messages that are written piece by piece, like the answers of an AI."},
      {"receipts", "How far everybody has received and read."},
      {"presence", "Who is there, and who types."},
      {"sync", "Catching up, and keeping the connection alive."},
      {"system", "How the server is, and these documents."},
  };
  return all;
}

std::string_view tag_of(const OpRow& row) {
  std::string_view path = route_of(row).path, type = row.ws;
  for (std::string_view tag : {"auth", "api-keys", "users", "conversations", "receipts"}) {
    if (path.find("/" + std::string(tag)) != path.npos) return tag;
  }
  if (path.ends_with("/audit-log")) return "api-keys";
  if (path.ends_with("/stream") || type.starts_with("stream.")) return "streams";
  if (path.find("/messages") != path.npos) return "messages";
  if (type.starts_with("presence") || type == "typing") return "presence";
  return "sync";
}

HttpRoute route_of(const OpRow& row) {
  HttpRoute route;
  std::string_view http = row.http;
  if (http.empty()) return route;
  route.method = http.substr(0, http.find(' '));
  route.path = http.substr(http.find(' ') + 1);
  for (std::size_t at = 0; (at = route.path.find('{', at)) != route.path.npos;) {
    std::size_t end = route.path.find('}', at);
    route.parameters.push_back(route.path.substr(at + 1, end - at - 1));
    at = end;
  }
  return route;
}

std::vector<const Member*> fields_beside_path(const Op& op) {
  std::vector<const Member*> fields;
  HttpRoute route = route_of(op.row);
  for (const Member& member : op.request().members) {
    bool in_path = std::find(route.parameters.begin(), route.parameters.end(), member.name) != route.parameters.end();
    if (!in_path && !hidden_from_rest(op.request().name, member.name)) fields.push_back(&member);
  }
  return fields;
}

std::vector<ErrorCode> errors_of(const Op& op) {
  using enum ErrorCode;
  std::set<ErrorCode> codes = {invalid_request, rate_limited, internal, unavailable};
  bool names_something = std::any_of(op.request().members.begin(), op.request().members.end(),
                                     [](const Member& member) { return member.name.ends_with("_id"); });
  if (op.row.access.value != Access::anyone) {
    codes.insert({unauthenticated, suspended, forbidden});
    if (names_something) codes.insert(not_found);
  }
  if (*op.row.ws || route_of(op.row).reads_body()) codes.insert(too_large);
  if (route_of(op.row).reads_body()) codes.insert(unsupported_media);
  if (is_idempotent(op)) codes.insert(idempotency_mismatch);
  if (const OperationText* words = find_operation_text(op.row.name))
    codes.insert(words->errors.begin(), words->errors.end());
  return {codes.begin(), codes.end()};
}

std::string_view access_text(Access access) {
  switch (access) {
    case Access::anyone: return "anyone, without credentials";
    case Access::user: return "every active user";
    case Access::member: return "members of the conversation; to everybody else it does not exist";
    case Access::sender: return "the sender, while a member";
    case Access::moderator: return "the sender, and owners and admins of the conversation";
    case Access::manager: return "owners and admins of the conversation";
    case Access::tenant_admin: return "admins of the tenant";
  }
  return {};
}

std::string_view rate_text(Rate rate) {
  switch (rate) {
    case Rate::none: return "none";
    case Rate::read: return "reads";
    case Rate::write: return "writes";
    case Rate::receipt: return "receipts";
    case Rate::signal: return "signals";
    case Rate::stream: return "streams";
    case Rate::login: return "logins, per address";
  }
  return {};
}

std::string description_of(const Op& op) {
  std::string text;
  if (const OperationText* words = find_operation_text(op.row.name)) text.append(words->text).append("\n\n");
  text.append("Who may: ").append(access_text(op.row.access.value)).append(". ");
  text.append("Limit class: ").append(rate_text(op.row.rate.value)).append(".");
  if (op.row.audit == Audit::yes) text.append(" Noted in the audit log.");
  return text;
}

bool is_idempotent(const Op& op) {
  const OperationText* words = find_operation_text(op.row.name);
  return words && words->idempotent;
}

}  // namespace aiim
