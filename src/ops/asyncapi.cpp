// AsyncAPI 3.0 from the operation table and the table of events. It describes the server: what it receives are the
// clients' frames, what it sends are events and replies.
#include "ops/examples.h"
#include "ops/op_facts.h"
#include "ops/schema.h"
#include "ops/schema_types.h"
#include "ops/system_documents.h"
#include "wire/event_types.h"
#include "wire/problem.h"

namespace aiim {
namespace {

/// "message.created" as a key: "message_created".
std::string key_of(std::string_view type) {
  std::string key(type);
  for (char& c : key) {
    if (c == '.') c = '_';
  }
  return key;
}

void write_type(JsonWriter& json, std::string_view type) {
  json.key("type").open('{').member("type", "string").member("const", type).close('}');
}

constexpr std::string_view id_schema =
    R"("id":{"type":"string","minLength":1,"maxLength":128,"description":"Chosen by the client; the reply bears it."})";

void open_message(JsonWriter& json, const std::string& key, std::string_view name, std::string_view summary) {
  json.key(key).open('{').member("name", name).member("title", name).member("summary", summary);
  json.member("contentType", "application/json");
  json.key("payload").open('{').member("type", "object").key("properties").open('{');
}

void write_client_frame(JsonWriter& json, SchemaSet& schemas, const Op& op) {
  open_message(json, key_of(op.row.ws), op.row.ws, op.row.summary);
  write_type(json, op.row.ws);
  json.raw(id_schema).key("data");
  schemas.write(json, op.request(), Side::request);
  bool needs_data = false;
  for (const Member& member : op.request().members) needs_data = needs_data || !is_optional(member.type());
  json.close('}').key("required").raw(needs_data ? R"(["type","data"])" : R"(["type"])").close('}');
  if (auto example = example_of(op.row.name, Surface::websocket)) {
    json.key("examples").open('[').open('{').member("name", op.row.name).key("payload").open('{');
    json.member("type", op.row.ws).member("id", "1").key("data").raw(example->request);
    json.close('}').close('}').close(']');
  }
  json.close('}');
}

void write_ack(JsonWriter& json, SchemaSet& schemas, const Op& op) {
  std::string summary = "Done: the reply to `" + std::string(op.row.ws) + "`.";
  open_message(json, key_of(op.row.ws) + "_ack", "ack", summary);
  write_type(json, "ack");
  json.raw(id_schema).key("data");
  if (replies_nothing(op)) {
    json.raw(R"({"type":"object","description":"Empty.","maxProperties":0})");
  } else {
    schemas.write(json, op.ack(), Side::reply);
  }
  json.close('}').key("required").raw(R"(["type","id","data"])").close('}');
  if (auto example = example_of(op.row.name, Surface::websocket)) {
    json.key("examples").open('[').open('{').member("name", op.row.name).key("payload").open('{');
    json.member("type", "ack").member("id", "1").key("data").raw(example->reply.empty() ? "{}" : example->reply);
    json.close('}').close('}').close(']');
  }
  json.close('}');
}

void write_error(JsonWriter& json, SchemaSet& schemas) {
  open_message(json, "error", "error", "An operation failed; without an `id`: one that had none.");
  write_type(json, "error");
  json.raw(id_schema).key("error");
  schemas.write(json, type_of<FrameError>(), Side::reply);
  json.close('}').key("required").raw(R"(["type","error"])").close('}');
  json.key("examples")
      .raw(
          R"([{"name":"error","payload":{"type":"error","id":"1","error":{"code":"not_found","message":"There is no such resource.","retryable":false}}}])");
  json.close('}');
}

void write_auth(JsonWriter& json) {
  open_message(json, "auth", "auth", "A token: as the first frame, or to extend a live connection.");
  write_type(json, "auth");
  json.raw(id_schema).key("data").raw(
      R"({"type":"object","properties":{"token":{"type":"string","description":"A JWT of the connection's user."}},"required":["token"]})");
  json.close('}').key("required").raw(R"(["type","data"])").close('}').close('}');
  open_message(json, "auth_ack", "ack", "The token was accepted.");
  write_type(json, "ack");
  json.raw(id_schema).key("data").raw(R"({"type":"object","description":"Empty.","maxProperties":0})");
  json.close('}').key("required").raw(R"(["type","id","data"])").close('}').close('}');
}

void write_event(JsonWriter& json, SchemaSet& schemas, const EventRow& event) {
  open_message(json, "event_" + key_of(event.type), event.type, event.summary);
  write_type(json, event.type);
  json.key("data");
  schemas.write(json, event.data(), Side::reply);
  json.close('}').key("required").raw(R"(["type","data"])").close('}');
  if (auto data = example_event(event.type)) {
    json.key("examples").open('[').open('{').member("name", key_of(event.type)).key("payload").open('{');
    json.member("type", event.type).key("data").raw(*data).close('}').close('}').close(']');
  }
  json.key("x-durable").truth(event.durable).close('}');
}

/// What the flat frames of the original implementation are answered with where that is no ack.
void write_legacy(JsonWriter& json) {
  for (std::string_view type : {"subscribed", "unsubscribed"}) {
    open_message(
        json, "reply_" + std::string(type), type,
        "The answer to a flat frame of the original implementation; a session follows all conversations anyway.");
    write_type(json, type);
    json.raw(id_schema).key("conversation_id").raw(R"({"type":"string","description":"The conversation's id."})");
    json.close('}').key("required").raw(R"(["type","conversation_id"])").close('}').close('}');
  }
}

/// Every message's key, in the document's order.
std::vector<std::string> message_keys() {
  std::vector<std::string> keys = {"auth", "auth_ack", "error", "reply_subscribed", "reply_unsubscribed"};
  for (const Op& op : operations()) {
    if (!*op.row.ws) continue;
    keys.push_back(key_of(op.row.ws));
    keys.push_back(key_of(op.row.ws) + "_ack");
  }
  for (const EventRow& event : event_table()) keys.push_back("event_" + key_of(event.type));
  return keys;
}

void write_ref(JsonWriter& json, const std::string& target) { json.open('{').member("$ref", target).close('}'); }

void write_operation(JsonWriter& json, const std::string& key, std::string_view summary, std::string_view text,
                     std::string_view tag) {
  json.key(key).open('{').member("action", "receive").key("channel");
  write_ref(json, "#/channels/websocket");
  json.member("summary", summary).member("description", text);
  json.key("tags").open('[').open('{').member("name", tag).close('}').close(']');
  json.key("messages").open('[');
  write_ref(json, "#/channels/websocket/messages/" + key);
  json.close(']').key("reply").open('{').key("channel");
  write_ref(json, "#/channels/websocket");
  json.key("messages").open('[');
  write_ref(json, "#/channels/websocket/messages/" + key + "_ack");
  write_ref(json, "#/channels/websocket/messages/error");
  json.close(']').close('}');
}

void write_operations(JsonWriter& json) {
  json.key("operations").open('{');
  write_operation(json, "auth", "Authenticate, or extend the connection.",
                  "As the first frame of a connection that brought no credentials, within 10 seconds.", "auth");
  json.close('}');
  for (const Op& op : operations()) {
    if (!*op.row.ws) continue;
    write_operation(json, key_of(op.row.ws), op.row.summary, description_of(op), tag_of(op.row));
    json.key("x-errors").open('[');
    for (ErrorCode code : errors_of(op)) json.text(info(code).name);
    json.close(']').close('}');
  }
  for (const EventRow& event : event_table()) {
    std::string key = "event_" + key_of(event.type);
    json.key(key).open('{').member("action", "send").key("channel");
    write_ref(json, "#/channels/websocket");
    json.member("summary", event.summary).key("messages").open('[');
    write_ref(json, "#/channels/websocket/messages/" + key);
    json.close(']').close('}');
  }
  json.close('}');
}

void write_components(JsonWriter& json) {
  SchemaSet schemas("#/components/schemas/", false);
  json.key("components").open('{').key("messages").open('{');
  write_auth(json);
  write_error(json, schemas);
  write_legacy(json);
  for (const Op& op : operations()) {
    if (!*op.row.ws) continue;
    write_client_frame(json, schemas, op);
    write_ack(json, schemas, op);
  }
  for (const EventRow& event : event_table()) write_event(json, schemas, event);
  json.close('}').key("schemas");
  schemas.write_named(json);
  json.key("securitySchemes")
      .raw(
          R"({"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT","description":"On the handshake."},)"
          R"("token":{"type":"httpApiKey","in":"query","name":"token","description":"A JWT, for browsers; never logged."},)"
          R"("apiKey":{"type":"httpApiKey","in":"header","name":"X-API-Key","description":"A bot's or service's key."}})");
  json.close('}');
}

}  // namespace

std::string asyncapi_json(std::string_view version) {
  JsonWriter json;
  json.open('{').member("asyncapi", "3.0.0").member("id", "urn:aiim:websocket").key("info");
  std::string about = api_info(version, Document::websocket);
  about.pop_back();
  json.raw(about + R"(,"tags":[)" + [] {
    JsonWriter list;
    for (const Tag& tag : tags()) list.open('{').member("name", tag.name).member("description", tag.text).close('}');
    return list.str();
  }() + "]}");
  json.member("defaultContentType", "application/json");
  json.key("servers").raw(
      R"({"this":{"host":"localhost:8083","protocol":"ws","description":"The server that serves this document (`wss` under TLS).",)"
      R"("security":[{"$ref":"#/components/securitySchemes/bearer"},{"$ref":"#/components/securitySchemes/token"},{"$ref":"#/components/securitySchemes/apiKey"}]}})");
  json.key("channels").open('{').key("websocket").open('{').member("address", "/api/aiim/ws");
  json.member("title", "The WebSocket").member("description", "One connection carries every conversation of its user.");
  json.key("messages").open('{');
  for (const std::string& key : message_keys()) {
    json.key(key);
    write_ref(json, "#/components/messages/" + key);
  }
  json.close('}').close('}').close('}');
  write_operations(json);
  write_components(json);
  json.close('}');
  return json.str();
}

}  // namespace aiim
