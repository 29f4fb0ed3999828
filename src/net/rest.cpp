#include "net/rest.h"

#include <simdjson.h>

#include <algorithm>

#include "net/admission.h"
#include "net/origin.h"
#include "net/text.h"
#include "net/url_text.h"

namespace aiim {
namespace {

bool is_json(std::string_view content_type) {
  return equal_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))), "application/json");
}

Result<> take_parameters(const HttpRequest& request, const Router::Match& match, Call& call) {
  for (std::size_t i = 0; i < match.names->size(); ++i) {
    TRY_AS(value, percent_decode(match.values[i]));
    call.parameters.emplace((*match.names)[i], std::move(value));
  }
  return parse_query(request.query, call.parameters);
}

Result<> take_body(WorkerParts& parts, const HttpRequest& request, Call& call) {
  if (request.body.empty() || request.method == "GET" || request.method == "HEAD") return {};
  if (!is_json(request.content_type)) {
    return Error(ErrorCode::unsupported_media, "the body's Content-Type must be application/json");
  }
  TRY_AS(body, parts.parser.parse(request.body));
  call.body = body;
  return {};
}

Result<> take_idempotency_key(const HttpRequest& request, Call& call) {
  if (request.idempotency_key.size() > 128) {
    return Error(ErrorCode::invalid_request, "Idempotency-Key is longer than 128 characters");
  }
  if (!simdjson::validate_utf8(request.idempotency_key.data(), request.idempotency_key.size())) {
    return Error(ErrorCode::invalid_request, "Idempotency-Key is not UTF-8");
  }
  call.caller.idempotency_key = request.idempotency_key;
  return {};
}

/// As a list of logins shows it.
std::string stored_user_agent(std::string_view text) {
  text = text.substr(0, 256);
  bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  return printable ? std::string(text) : std::string();
}

HttpReply refused(const WorkerParts& parts, const Error& error, const RequestContext& context, const Op* op) {
  HttpReply reply = problem_reply(error, context.request_id, context.language);
  if (error.code == ErrorCode::rate_limited) {
    RatePolicy policy =
        op ? rate_policy(parts.app.settings, row_of(*op).rate.value) : address_policy(parts.app.settings);
    add_rate_limit_headers(reply, policy, error.retry_after_ms.value_or(1000));
  }
  return reply;
}

boost::asio::awaitable<HttpReply> answer_operation(WorkerParts& parts, const HttpRequest& request,
                                                   const Router::Match& match, const RequestContext& context,
                                                   const Op& op) {
  Call call;
  call.op = &op;
  call.caller.identity = context.identity;
  call.caller.request_id = context.request_id;
  call.caller.address = context.address;
  call.caller.language = context.language;
  if (row_of(op).access.value == Access::anyone) call.caller.user_agent = stored_user_agent(request.user_agent);
  Result<> taken = take_parameters(request, match, call);
  if (taken) taken = take_idempotency_key(request, call);
  if (taken) taken = take_body(parts, request, call);
  if (!taken) co_return refused(parts, taken.error(), context, &op);
  Result<std::string> done = co_await dispatch(parts.app, std::move(call));
  if (!done) co_return refused(parts, done.error(), context, &op);
  int status = done->empty() ? 204 : 200;
  co_return json_reply(std::move(*done), status);
}

}  // namespace

boost::asio::awaitable<HttpReply> answer_rest(WorkerParts& parts, const HttpRequest& request,
                                              const Router::Match& match, RequestContext& context) {
  Result<> charged = charge_address(parts.app, context.address);
  if (!charged) co_return refused(parts, charged.error(), context, nullptr);
  const Op* op = match.what == Router::Match::What::found
                     ? parts.shared.routes[static_cast<std::size_t>(match.target)].op
                     : nullptr;
  std::optional<Credentials> credentials = credentials_of(request);
  bool open_to_anyone = op && row_of(*op).access.value == Access::anyone;
  if (!open_to_anyone) {
    if (!credentials) {
      Error missing(ErrorCode::unauthenticated, "send Authorization: Bearer <token>, or X-API-Key");
      co_return refused(parts, missing, context, nullptr);
    }
    auto identity = co_await authenticate(parts.app, std::move(*credentials));
    if (!identity) co_return refused(parts, identity.error(), context, nullptr);
    context.identity = std::move(*identity);
  }
  if (op) co_return co_await answer_operation(parts, request, match, context, *op);
  if (match.what == Router::Match::What::no_method) {
    HttpReply reply = problem_reply(Error(ErrorCode::method_not_allowed), context.request_id, context.language);
    reply.add("Allow", match.allow);
    co_return reply;
  }
  co_return problem_reply(Error(ErrorCode::not_found), context.request_id, context.language);
}

HttpReply answer_options(const WorkerParts& parts, const HttpRequest& request, const Router::Match& match,
                         const RequestContext& context) {
  auto allow = match.what == Router::Match::What::no_path ? std::string_view("OPTIONS, GET, HEAD") : match.allow;
  HttpReply reply;
  reply.status = 204;
  reply.add("Allow", allow);
  if (request.access_control_request_method.empty()) return reply;
  if (!origin_allowed(request.origin, request.host, parts.app.settings.allowed_origins)) {
    return problem_reply(Error(ErrorCode::forbidden, "this origin is not among ALLOWED_ORIGINS"), context.request_id,
                         context.language);
  }
  reply.add("Access-Control-Allow-Methods", allow);
  reply.add("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, X-API-Key, X-Request-Id");
  reply.add("Access-Control-Max-Age", "600");
  return reply;
}

void add_cors_headers(const WorkerParts& parts, const HttpRequest& request, HttpReply& reply) {
  if (request.origin.empty()) return;
  reply.add("Vary", "Origin");
  if (!origin_allowed(request.origin, request.host, parts.app.settings.allowed_origins)) return;
  reply.add("Access-Control-Allow-Origin", request.origin);
  reply.add("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy");
}

}  // namespace aiim
