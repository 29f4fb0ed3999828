#include "net/http_fields.h"

#include "net/request_head.h"
#include "net/text.h"

namespace aiim {

namespace http = boost::beast::http;

std::string_view field(const http::fields& fields, http::field name) {
  auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->value());
}

std::string_view field(const http::fields& fields, std::string_view name) {
  auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->value());
}

std::string joined(const http::fields& fields, std::string_view name) {
  std::string all;
  auto [first, last] = fields.equal_range(name);
  for (; first != last; ++first) {
    if (!all.empty()) all += ',';
    all += std::string_view(first->value());
  }
  return all;
}

void read_fields(const http::request<http::string_body>& message, HttpRequest& request) {
  request.method = message.method_string();
  auto target = origin_form(message.target());
  auto question = target.find('?');
  request.path = target.substr(0, question);
  if (question != target.npos) request.query = target.substr(question + 1);
  request.version_1_1 = message.version() == 11;
  request.accept = field(message, http::field::accept);
  request.accept_encoding = field(message, http::field::accept_encoding);
  request.access_control_request_method = field(message, http::field::access_control_request_method);
  request.api_key = field(message, "X-API-Key");
  request.authorization = field(message, http::field::authorization);
  request.content_type = field(message, http::field::content_type);
  request.host = field(message, http::field::host);
  request.idempotency_key = field(message, "Idempotency-Key");
  request.if_none_match = field(message, http::field::if_none_match);
  request.origin = field(message, http::field::origin);
  request.user_agent = field(message, http::field::user_agent);
}

void read_context(const http::fields& fields, RequestContext& context) {
  auto request_id = field(fields, "X-Request-Id");
  if (valid_request_id(request_id)) context.request_id = request_id;
  context.language = preferred_language(field(fields, http::field::accept_language));
}

void read_upgrade_fields(const http::fields& fields, HttpRequest& request) {
  request.connection = field(fields, http::field::connection);
  request.upgrade = field(fields, http::field::upgrade);
  request.ws_key = field(fields, http::field::sec_websocket_key);
  request.ws_version = field(fields, http::field::sec_websocket_version);
  request.ws_protocols = joined(fields, "Sec-WebSocket-Protocol");
}

}  // namespace aiim
