#include "ops/system_documents.h"

#include "wire/health.h"
#include "wire/problem.h"

namespace aiim {
namespace {

constexpr std::string_view rest_text =
    R"(AIIM is a messaging server for people and AI agents. This document describes its REST API; [the WebSocket](/asyncapi.json)
offers the same operations and pushes events.

## Conventions

- Bodies are JSON in UTF-8 (`Content-Type: application/json`). Fields that the server does not know are ignored; newer servers may add fields to answers.
- Times are RFC 3339 UTC with milliseconds. Ids are opaque texts of at most 128 characters.
- Fields of an answer are always there, `null` when empty, unless they are marked as optional.
- Everything belongs to one tenant, which follows from the credentials, never from the request. What belongs to another tenant, or to a conversation of which the caller is no member, does not exist (`not_found`).
- An answer to a change means that it is on disk.
- Errors are problem documents (RFC 9457) with a stable `code`; `title` is in English or Chinese by `Accept-Language`.
- Every answer carries `X-Request-Id`; send one of your own to find it in the server's log.
- Rates are limited per user and class of operations. `429` says in `Retry-After`, `RateLimit` and `RateLimit-Policy` when to come back. By default one user may write 50 times a second and 200 times at once; read, confirm and stream 200 times a second and 1,000 times at once; send typing and presence 100 and 500 times. A change that names N users or streams counts N times, a read that names N counts 0.9 + N/10 times; what weighs more than the burst counts as the burst.
- Pages: `limit` is 1 to 200 (50 when absent); `next_cursor` of one page is `cursor` of the next, `null` after the last.

## Two counters

Each conversation counts its messages (`seq`) and its durable shared changes (`rev`), both 1, 2, 3 … without a gap. Order by `seq`; find out what changed since rev N with `GET /api/aiim/conversations/{conversation_id}/changes` or the WebSocket's `sync`.

## Sending twice is sending once

`client_msg_id` (or the header `Idempotency-Key`) names a request for ever. Repeating it answers with the first one's message and `duplicate: true`; another request under the same name is `idempotency_mismatch`.)";

constexpr std::string_view websocket_text =
    R"(The WebSocket of AIIM at `/api/aiim/ws`: the operations of [the REST API](/openapi.json) as frames, and events.

## Frames

A client sends `{"type", "id"?, "data"}`. With an `id` it gets exactly one reply that bears it: `{"type":"ack","id","data"}` or `{"type":"error","id","error"}`. Without, success is silent and a failure is an `error` without `id`. The server sends events, `{"type", "data"}`, the first of them `hello`. Frames are at most 256 KiB from a client and 1 MiB from the server.

## Credentials

`Authorization: Bearer <token>` or `X-API-Key` on the handshake; in a browser the subprotocols `bearer, <token>` (the server answers `bearer`), `?token=<token>` (never logged), or a first frame `{"type":"auth","data":{"token":"…"}}` within 10 seconds. `auth` again on a live connection, for the same user, extends it beyond its token's expiry. Bad credentials are answered after the upgrade, with close code 4401.

## Order and recovery

A durable event carries the conversation's `rev` and the `after` before it. A client whose position is below `after` has a hole: it sends `sync` with its positions. One mechanism recovers a lost packet, a slow client and a month's absence. Events that carry no `rev` may be lost and are replaced by the next one.

## Close codes

1002 protocol error, 1007 not UTF-8, 1009 too large, 1012 the server is draining, 4008 too slow, 4400 too many bad frames, 4401 unauthenticated, 4403 forbidden, 4408 silent for 75 seconds, 4429 too many requests. The server pings every 25 seconds.)";

void write_reply(JsonWriter& json, SchemaSet& schemas, std::string_view status, std::string_view text,
                 std::string_view mime, const Type* type) {
  json.key(status).open('{').member("description", text);
  json.key("headers").raw(R"({"X-Request-Id":{"$ref":"#/components/headers/X-Request-Id"}})");
  json.key("content").open('{').key(mime).open('{').key("schema");
  if (type) {
    schemas.write(json, *type, Side::reply);
  } else {
    json.raw(mime == "application/json" ? R"({"type":"object"})" : R"({"type":"string"})");
  }
  json.close('}').close('}').close('}');
}

struct SystemPath {
  std::string_view path, name, summary, text, mime;
  const Type* type = nullptr;
  bool may_be_unavailable = false;
};

void write_path(JsonWriter& json, SchemaSet& schemas, const SystemPath& each) {
  json.key(each.path).open('{').key("get").open('{').member("operationId", each.name).member("summary", each.summary);
  json.member("description", each.text).key("tags").raw(R"(["system"])").key("security").raw("[]");
  json.key("parameters").raw(R"([{"$ref":"#/components/parameters/X-Request-Id"}])").key("responses").open('{');
  write_reply(json, schemas, "200", each.summary, each.mime, each.type);
  json.raw(R"("400":{"$ref":"#/components/responses/InvalidRequest"})");
  if (each.path == "/health") {
    write_reply(json, schemas, "503", "The database does not answer.", "application/json", each.type);
  } else if (each.may_be_unavailable) {
    json.raw(R"("503":{"$ref":"#/components/responses/Unavailable"})");
  }
  json.close('}').close('}').close('}');
}

}  // namespace

std::string api_info(std::string_view version, Document document) {
  bool rest = document == Document::rest;
  JsonWriter json;
  json.open('{').member("title", rest ? "AIIM REST API" : "AIIM WebSocket API").member("version", version);
  if (rest) json.member("summary", "Messaging for people and AI agents.");
  json.member("description", rest ? rest_text : websocket_text);
  json.key("license").open('{').member("name", "Apache-2.0");
  json.member("url", "https://www.apache.org/licenses/LICENSE-2.0").close('}').close('}');
  return json.str();
}

std::string_view shared_components() {
  return R"("headers":{
"X-Request-Id":{"description":"The request's id, as sent or as made by the server; it stands in the server's log.","schema":{"type":"string"},"example":"req_01k8q3m5x7z9b2d4f6h8j0n1p3"},
"Content-Language":{"description":"The language of `title`.","schema":{"type":"string","enum":["en","zh-CN"]},"example":"en"},
"WWW-Authenticate":{"description":"What to authenticate with (RFC 6750).","schema":{"type":"string"},"example":"Bearer realm=\"aiim\""},
"Retry-After":{"description":"Seconds until the same request may succeed.","schema":{"type":"integer","minimum":1},"example":1},
"RateLimit":{"description":"What is left (`r`) of the limit, and in how many seconds (`t`) more is (RateLimit header fields for HTTP).","schema":{"type":"string"},"example":"\"write\";r=0;t=1"},
"RateLimit-Policy":{"description":"The limit: `q` requests in a window of `w` seconds.","schema":{"type":"string"},"example":"\"write\";q=200;w=4"}},
"parameters":{
"X-Request-Id":{"name":"X-Request-Id","in":"header","description":"An id of the caller's own for the request; the server makes one otherwise.","schema":{"type":"string","maxLength":128}},
"Accept-Language":{"name":"Accept-Language","in":"header","description":"The language of errors: `en` (else) or `zh-CN`.","schema":{"type":"string"}},
"Idempotency-Key":{"name":"Idempotency-Key","in":"header","description":"Names the request for ever, as `client_msg_id` does: a repeat answers like the first time and changes nothing.","schema":{"type":"string","minLength":1,"maxLength":128}}},
"securitySchemes":{
"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT","description":"A JWT with `sub` (the user) and `exp`; `tenant_id` names the tenant. Signed with the server's secret, or by an identity provider that the server trusts."},
"apiKey":{"type":"apiKey","in":"header","name":"X-API-Key","description":"A key of a bot or service, made by an admin of the tenant and shown once."}})";
}

void write_system_paths(JsonWriter& json, SchemaSet& schemas) {
  const SystemPath paths[] = {
      {"/health", "get_health", "The server and what it depends on.",
       "For people and dashboards. Orchestrators ask `/healthz` and `/ready`.", "application/json",
       &type_of<HealthDocument>()},
      {"/healthz", "get_liveness", "The process lives.", "Answers without asking anything else.", "application/json",
       &type_of<ServerStatus>()},
      {"/ready", "get_readiness", "The server may take traffic.",
       "`503` while it starts, while it drains, and while its database does not answer.", "application/json",
       &type_of<ServerStatus>(), true},
      {"/metrics", "get_metrics", "Metrics in the text format of Prometheus.",
       "At another path, or not at all, where the settings say so.", "text/plain"},
      {"/openapi.json", "get_openapi", "This document.", "OpenAPI 3.1, made from the server's table of operations.",
       "application/json"},
      {"/asyncapi.json", "get_asyncapi", "The WebSocket's document.", "AsyncAPI 3.0, made from the same table.",
       "application/json"},
      {"/docs", "get_docs", "Both documents, for people.", "A page of the server's own; it fetches nothing elsewhere.",
       "text/html"},
  };
  for (const SystemPath& each : paths) write_path(json, schemas, each);
}

}  // namespace aiim
