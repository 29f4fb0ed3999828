// OpenAPI 3.1 from the operation table.
#include <map>
#include <set>

#include "ops/examples.h"
#include "ops/op_facts.h"
#include "ops/schema.h"
#include "ops/schema_types.h"
#include "ops/system_documents.h"
#include "ops/texts.h"
#include "wire/problem.h"

namespace aiim {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

/// Statuses whose answer is the same for every operation: one component each.
std::string_view shared_response(int status) {
  switch (status) {
    case 400: return "InvalidRequest";
    case 401: return "Unauthenticated";
    case 403: return "Forbidden";
    case 404: return "NotFound";
    case 413: return "TooLarge";
    case 415: return "UnsupportedMedia";
    case 429: return "RateLimited";
    case 500: return "Internal";
    case 503: return "Unavailable";
    default: return {};
  }
}

std::string_view extra_headers(int status) {
  switch (status) {
    case 401: return R"("WWW-Authenticate":{"$ref":"#/components/headers/WWW-Authenticate"})";
    case 429:
      return R"("Retry-After":{"$ref":"#/components/headers/Retry-After"},)"
             R"("RateLimit":{"$ref":"#/components/headers/RateLimit"},)"
             R"("RateLimit-Policy":{"$ref":"#/components/headers/RateLimit-Policy"})";
    case 503: return R"("Retry-After":{"$ref":"#/components/headers/Retry-After"})";
    default: return {};
  }
}

void write_problem(JsonWriter& json, SchemaSet& schemas, int status, const std::set<ErrorCode>& codes) {
  std::string text;
  for (ErrorCode code : codes) {
    const ErrorInfo& row = info(code);
    text.append(text.empty() ? "`" : " `").append(row.name).append("`: ").append(row.title_en);
  }
  json.open('{').member("description", text).key("headers").open('{');
  json.raw(R"("X-Request-Id":{"$ref":"#/components/headers/X-Request-Id"},)"
           R"("Content-Language":{"$ref":"#/components/headers/Content-Language"})");
  json.raw(extra_headers(status));
  json.close('}').key("content").open('{').key("application/problem+json").open('{').key("schema").open('{');
  json.key("allOf").open('[').open('{').member("$ref", schemas.ref(type_of<Problem>(), Side::reply)).close('}');
  json.open('{').key("properties").open('{').key("status").open('{').key("const").number(status).close('}');
  json.key("code").open('{').key("enum").open('[');
  for (ErrorCode code : codes) json.text(info(code).name);
  json.close(']').close('}').close('}').close('}').close(']').close('}');
  const ErrorInfo& first = info(*codes.begin());
  json.key("example").open('{').member("type", "about:blank").member("title", first.title_en).key("status");
  json.number(status).member("detail", first.title_en).member("code", first.name);
  json.member("request_id", "req_01k8q3m5x7z9b2d4f6h8j0n1p3").close('}');
  json.close('}').close('}').close('}');
}

void write_success(JsonWriter& json, SchemaSet& schemas, const Op& op) {
  bool nothing = replies_nothing(op);
  json.key(nothing ? "204" : "200").open('{').member("description", nothing ? "Done." : "Done: the answer.");
  json.key("headers").open('{').raw(R"("X-Request-Id":{"$ref":"#/components/headers/X-Request-Id"})").close('}');
  if (!nothing) {
    json.key("content").open('{').key("application/json").open('{').key("schema");
    schemas.write(json, op.reply(), Side::reply);
    auto example = example_of(op.row.name, Surface::http);
    if (example && !example->reply.empty()) json.key("example").raw(example->reply);
    json.close('}').close('}');
  }
  json.close('}');
}

void write_responses(JsonWriter& json, SchemaSet& schemas, const Op& op) {
  json.key("responses").open('{');
  write_success(json, schemas, op);
  std::map<int, std::set<ErrorCode>> by_status;
  for (ErrorCode code : errors_of(op)) by_status[info(code).http_status].insert(code);
  for (const auto& [status, codes] : by_status) {
    json.key(std::to_string(status));
    if (auto shared = shared_response(status); !shared.empty()) {
      json.open('{').member("$ref", "#/components/responses/" + std::string(shared)).close('}');
    } else {
      write_problem(json, schemas, status, codes);
    }
  }
  json.close('}');
}

void write_parameter(JsonWriter& json, SchemaSet& schemas, const Op& op, const Member& member, bool in_path) {
  const FieldText* words = find_field_text(op.request().name, member.name);
  bool required = in_path || !is_optional(member.type());
  json.open('{').member("name", member.name).member("in", in_path ? "path" : "query");
  json.key("required").truth(required);
  if (words) json.member("description", words->text);
  const Type& type = unwrapped(member.type());
  if (type.kind == Type::Kind::array) json.member("style", "form").key("explode").truth(false);
  json.key("schema");
  if (words && !words->schema.empty() && type.kind != Type::Kind::enumeration) {
    JsonWriter bare;
    schemas.write(bare, type, Side::request);
    std::string text = bare.str();
    text.pop_back();
    json.raw(text + "," + std::string(words->schema) + "}");
  } else {
    schemas.write(json, type, Side::request);
  }
  if (auto value = example_field(op.row.name, member.name)) json.key("example").raw(*value);
  json.close('}');
}

void write_parameters(JsonWriter& json, SchemaSet& schemas, const Op& op, const HttpRoute& route) {
  json.key("parameters").open('[');
  for (const Member& member : op.request().members) {
    for (std::string_view name : route.parameters) {
      if (member.name == name) write_parameter(json, schemas, op, member, true);
    }
  }
  if (!route.reads_body()) {
    for (const Member* member : fields_beside_path(op)) write_parameter(json, schemas, op, *member, false);
  }
  if (is_idempotent(op)) json.open('{').member("$ref", "#/components/parameters/Idempotency-Key").close('}');
  json.raw(R"({"$ref":"#/components/parameters/X-Request-Id"},{"$ref":"#/components/parameters/Accept-Language"})");
  json.close(']');
}

void write_body(JsonWriter& json, SchemaSet& schemas, const Op& op, const HttpRoute& route) {
  auto fields = fields_beside_path(op);
  if (!route.reads_body() || fields.empty()) return;
  bool required = false;
  for (const Member* field : fields) required = required || !is_optional(field->type());
  json.key("requestBody").open('{').key("required").truth(required);
  json.key("content").open('{').key("application/json").open('{').key("schema");
  if (fields.size() == op.request().members.size()) {
    schemas.write(json, op.request(), Side::request);
  } else {
    std::set<std::string_view> without;
    for (const Member& member : op.request().members) without.insert(member.name);
    for (const Member* field : fields) without.erase(field->name);
    schemas.write_object(json, op.request(), Side::request, without);
  }
  if (auto body = example_body(op)) json.key("example").raw(*body);
  json.close('}').close('}').close('}');
}

void write_operation(JsonWriter& json, SchemaSet& schemas, const Op& op) {
  HttpRoute route = route_of(op.row);
  json.key(lower(route.method)).open('{').member("operationId", op.row.name).member("summary", op.row.summary);
  json.member("description", description_of(op)).key("tags").open('[').text(tag_of(op.row)).close(']');
  if (op.row.access.value == Access::anyone) json.key("security").raw("[]");
  write_parameters(json, schemas, op, route);
  write_body(json, schemas, op, route);
  write_responses(json, schemas, op);
  json.member("x-access", name_of(op.row.access.value)).member("x-rate-class", name_of(op.row.rate.value));
  json.key("x-audited").truth(op.row.audit == Audit::yes).close('}');
}

void write_components(JsonWriter& json, SchemaSet& schemas) {
  json.key("components").open('{').key("responses").open('{');
  std::map<int, std::set<ErrorCode>> by_status;
  for (const ErrorInfo& row : all_errors()) by_status[row.http_status].insert(row.code);
  for (const auto& [status, codes] : by_status) {
    if (auto name = shared_response(status); !name.empty()) {
      json.key(name);
      write_problem(json, schemas, status, codes);
    }
  }
  json.close('}').raw(shared_components()).key("schemas");
  schemas.write_named(json);
  json.close('}');
}

}  // namespace

std::string openapi_json(std::string_view version) {
  SchemaSet schemas("#/components/schemas/", true);
  JsonWriter json;
  json.open('{').member("openapi", "3.1.0").key("info").raw(api_info(version, Document::rest));
  json.key("servers").raw(R"([{"url":"/","description":"This server."}])");
  json.key("security").raw(R"([{"bearer":[]},{"apiKey":[]}])");
  json.key("tags").open('[');
  for (const Tag& tag : tags()) {
    if (tag.name != "presence") json.open('{').member("name", tag.name).member("description", tag.text).close('}');
  }
  json.close(']').key("paths").open('{');
  std::map<std::string_view, std::vector<const Op*>> by_path;
  for (const Op& op : operations()) {
    if (*op.row.http) by_path[route_of(op.row).path].push_back(&op);
  }
  for (const auto& [path, ops] : by_path) {
    json.key(path).open('{');
    for (const Op* op : ops) write_operation(json, schemas, *op);
    json.close('}');
  }
  write_system_paths(json, schemas);
  json.close('}');
  write_components(json, schemas);
  json.close('}');
  return json.str();
}

}  // namespace aiim
