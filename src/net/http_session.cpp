#include "net/http_session.h"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "base/ids.h"
#include "base/log.h"
#include "net/admission.h"
#include "net/http_fields.h"
#include "net/origin.h"
#include "net/request_head.h"
#include "net/rest.h"
#include "net/system_routes.h"
#include "net/text.h"
#include "net/url_text.h"
#include "net/ws_handshake.h"

namespace aiim {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t buffer_bytes_max = 64 * 1024;
constexpr std::size_t read_bytes = 4096;
constexpr std::size_t linger_bytes_max = 1024 * 1024;

// A large body in few reads, a small one without a large buffer.
std::size_t body_read_bytes(const http::request_parser<http::string_body>& parser, std::size_t held) {
  auto left = parser.content_length_remaining().value_or(read_bytes);
  auto wanted = std::clamp<std::uint64_t>(left, read_bytes, buffer_bytes_max / 2);
  return std::min(buffer_bytes_max - held, static_cast<std::size_t>(wanted));
}

}  // namespace

struct HttpSession::Exchange {
  http::request_parser<http::string_body> parser;
  HttpRequest request;
  RequestContext context;
  std::string client_address;  // behind trusted proxies
  std::int64_t began_us = steady_us();
  bool keep_alive = false;
  std::optional<WsOpening> opening;  // set: the answer is the handshake's, and the connection is handed over
  std::string handshake;
};

HttpSession::HttpSession(WorkerParts& parts, const HttpTimeouts& timeouts, Socket socket, std::string address,
                         ConnectionSlot slot)
    : parts_(parts),
      timeouts_(timeouts),
      stream_(std::move(socket), parts.shared.make_tls()),
      address_(std::move(address)),
      slot_(std::move(slot)),
      in_(buffer_bytes_max) {
  wait_at_most(timeouts_.head_ms);
}

void HttpSession::wait_at_most(std::int64_t ms) { deadline_ms_ = steady_ms() + ms; }

void HttpSession::tick(std::int64_t now_ms) {
  if (now_ms >= deadline_ms_) close();
}

void HttpSession::drain() {
  if (idle_) wait_for_last();
}

// Closed at once, the connection would break under a peer that has just written to it.
void HttpSession::wait_for_last() { deadline_ms_ = std::min(deadline_ms_, steady_ms() + timeouts_.drain_ms); }

void HttpSession::close() { stream_.close(); }

asio::awaitable<void> HttpSession::run() {
  bool more = !stream_.encrypted();
  if (!more) more = co_await open_tls();
  while (more) {
    more = co_await serve_one();
    if (in_.size() == 0 && in_.capacity() > 2 * read_bytes) in_.shrink_to_fit();
  }
  if (stream_.is_open()) co_await linger();
  close();
}

// Answered in plain text when the peer speaks it, because it could read nothing else.
asio::awaitable<bool> HttpSession::open_tls() {
  auto outcome = co_await stream_.handshake();
  if (outcome == HttpStream::Handshake::done) co_return true;
  parts_.metrics.tls_handshakes_failed.add();
  if (outcome == HttpStream::Handshake::failed) {
    log_debug("tls_handshake_failed", {{"address", address_}, {"error", stream_.failure()}});
    close();
    co_return false;
  }
  Exchange exchange;
  exchange.context.address = address_;
  exchange.context.request_id = make_id("req_", parts_.app.clock.now());
  co_return co_await refuse(Error(ErrorCode::invalid_request, "this port speaks HTTPS: use https:// or wss://"),
                            exchange);
}

asio::awaitable<Result<std::size_t>> HttpSession::read_head() {
  std::size_t searched = 0;
  for (;;) {
    // A blank line before a request line is skipped (RFC 9112 §2.2).
    while (in_.size() >= 2 && std::string_view(static_cast<const char*>(in_.data().data()), 2) == "\r\n")
      in_.consume(2);
    std::string_view bytes(static_cast<const char*>(in_.data().data()), in_.size());
    if (!bytes.empty() && bytes != "\r") {
      if (idle_) wait_at_most(timeouts_.head_ms);
      idle_ = false;
      Result<std::size_t> found = find_request_head(bytes, searched);
      if (!found) co_return std::move(found).error();
      if (*found > request_head_bytes_max || (*found == 0 && bytes.size() >= request_head_bytes_max)) {
        co_return Error(ErrorCode::too_large, "the request's head is larger than 16 KiB");
      }
      if (*found) co_return *found;
      searched = bytes.size();
    }
    error_code failed;
    auto got = co_await stream_.read_some(in_.prepare(read_bytes), failed);
    if (failed) co_return std::size_t{0};
    in_.commit(got);
  }
}

asio::awaitable<bool> HttpSession::serve_one() {
  idle_ = true;
  if (parts_.draining) wait_for_last();
  auto head = co_await read_head();
  if (head && *head == 0) {
    close();
    co_return false;
  }
  Exchange exchange;
  exchange.context.address = address_;
  exchange.context.request_id = make_id("req_", parts_.app.clock.now());
  if (!head) co_return co_await refuse(head.error(), exchange);

  std::string_view text(static_cast<const char*>(in_.data().data()), *head);
  Result<> sound = check_request_head(text);
  if (!sound) co_return co_await refuse(sound.error(), exchange);
  auto& parser = exchange.parser;
  parser.header_limit(request_head_bytes_max);
  parser.body_limit(static_cast<std::uint64_t>(parts_.app.settings.body_bytes_max));
  error_code failed;
  auto used = parser.put(asio::buffer(text), failed);
  if (failed == http::error::body_limit) {
    read_context(parser.get(), exchange.context);
    read_fields(parser.get(), exchange.request);
    co_return co_await refuse(body_too_large(), exchange);
  }
  if (failed || !parser.is_header_done()) {
    co_return co_await refuse(Error(ErrorCode::invalid_request, "the request is not well-formed HTTP"), exchange);
  }
  in_.consume(used);
  read_context(parser.get(), exchange.context);
  const AddressRules& addresses = parts_.shared.addresses;
  if (!addresses.trusted_proxies.empty()) {
    exchange.client_address = addresses.client_address(address_, joined(parser.get(), "X-Forwarded-For"));
    exchange.context.address = exchange.client_address;
  }

  read_fields(parser.get(), exchange.request);  // before the body: a trailer is no header (RFC 9110 §6.5.1)
  Result<> whole = co_await read_body(exchange);
  if (!whole) co_return co_await refuse(whole.error(), exchange);
  if (!stream_.is_open()) co_return false;
  exchange.request.body = parser.get().body();
  exchange.keep_alive = parser.keep_alive();

  wait_at_most(timeouts_.answer_ms);
  HttpReply reply = co_await answer(exchange);
  if (exchange.opening) {
    co_await hand_over(exchange);
    co_return false;
  }
  co_return co_await write(reply, exchange);
}

asio::awaitable<Result<>> HttpSession::read_body(Exchange& exchange) {
  auto& parser = exchange.parser;
  if (parser.is_done()) co_return Result<>();
  wait_at_most(timeouts_.body_ms);
  error_code failed;
  if (equal_ignoring_case(field(parser.get(), http::field::expect), "100-continue") && in_.size() == 0) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await stream_.write(go_on, std::string_view(), failed);
    if (failed) close();
  }
  parser.eager(true);
  while (!failed && !parser.is_done()) {
    if (in_.size() > 0) {
      in_.consume(parser.put(in_.data(), failed));
      if (failed != http::error::need_more) continue;
      failed = {};
      if (in_.size() >= buffer_bytes_max) failed = http::error::buffer_overflow;
    }
    if (failed) break;
    auto got = co_await stream_.read_some(in_.prepare(body_read_bytes(parser, in_.size())), failed);
    in_.commit(got);
  }
  if (!failed) co_return Result<>();
  if (failed == http::error::body_limit || failed == http::error::buffer_overflow) {
    co_return body_too_large();
  }
  bool cut_short = failed == http::error::partial_message || failed == http::error::end_of_stream;
  if (!cut_short && failed.category() == error_code(http::error::bad_chunk).category()) {
    co_return Error(ErrorCode::invalid_request, "the body is not well-formed HTTP");
  }
  close();
  co_return Result<>();
}

asio::awaitable<HttpReply> HttpSession::answer(Exchange& exchange) {
  auto& request = exchange.request;
  auto& context = exchange.context;
  auto match = parts_.shared.router.find(request.method, request.path);
  if (match.what != Router::Match::What::no_path) context.route = match.pattern;
  HttpReply reply;
  SystemRoute system = match.what == Router::Match::What::found
                           ? parts_.shared.routes[static_cast<std::size_t>(match.target)].system
                           : SystemRoute::none;
  if (auto turned = turn_away(parts_, context, system, slot_.beyond())) {
    reply = std::move(*turned);
  } else if (request.method == "OPTIONS") {
    reply = answer_options(parts_, request, match, context);
  } else {
    FileRequest file{request.path, request.accept, request.accept_encoding, request.if_none_match};
    bool reads = request.method == "GET" || request.method == "HEAD";
    if (system == SystemRoute::websocket && request.method == "GET") {
      reply = upgrade(exchange);
    } else if (request.path == "/api" || request.path.starts_with("/api/")) {
      reply = co_await answer_rest(parts_, request, match, context);
    } else if (system != SystemRoute::none) {
      reply = co_await answer_system(parts_, system, context);
    } else if (match.what == Router::Match::What::no_method) {
      reply = problem_reply(Error(ErrorCode::method_not_allowed), context.request_id, context.language);
      reply.add("Allow", match.allow);
    } else if (reads && parts_.shared.files.answer(file, reply)) {
      context.route = "static";
    } else {
      reply = problem_reply(Error(ErrorCode::not_found), context.request_id, context.language);
    }
  }
  add_cors_headers(parts_, request, reply);
  co_return reply;
}

Error HttpSession::body_too_large() const {
  return Error(ErrorCode::too_large,
               "a body has at most " + std::to_string(parts_.app.settings.body_bytes_max) + " bytes");
}

HttpReply HttpSession::upgrade(Exchange& exchange) {
  auto& request = exchange.request;
  auto& context = exchange.context;
  auto refused = [&](const Error& error) { return problem_reply(error, context.request_id, context.language); };
  if (Result<> charged = charge_address(parts_.app, context.address); !charged) {
    HttpReply reply = refused(charged.error());
    add_rate_limit_headers(reply, address_policy(parts_.app.settings), charged.error().retry_after_ms.value_or(1000));
    return reply;
  }
  if (parts_.draining) return refused(Error(ErrorCode::unavailable, "draining"));
  if (!origin_allowed(request.origin, request.host, parts_.app.settings.allowed_origins)) {
    return refused(Error(ErrorCode::forbidden, "this origin is not among ALLOWED_ORIGINS"));
  }
  read_upgrade_fields(exchange.parser.get(), request);
  HandshakeRequest asked{request.upgrade,    request.connection,   request.ws_key,
                         request.ws_version, request.ws_protocols, request.version_1_1};
  auto done = accept_handshake(asked, context.request_id);
  if (!done) {
    HttpReply reply = refused(done.error());
    reply.add("Sec-WebSocket-Version", "13");
    return reply;
  }
  WsOpening opening;
  if (slot_.beyond()) {
    parts_.metrics.connections_refused.add();
    opening.refusal = Error(ErrorCode::rate_limited, "the server has as many connections as it takes");
    opening.refusal->retry_after_ms = 5000;
  }
  if (!done->bearer.empty()) {
    opening.credentials.emplace().bearer = std::move(done->bearer);
  } else if (auto given = credentials_of(request)) {
    opening.credentials = std::move(given);
  } else if (auto token = query_parameter(request.query, "token"); !token.empty()) {
    opening.credentials.emplace().bearer = std::move(token);
  }
  exchange.handshake = std::move(done->response);
  if (stream_.encrypted()) exchange.handshake.insert(exchange.handshake.size() - 2, hsts_header);
  exchange.opening = std::move(opening);
  return {};
}

asio::awaitable<void> HttpSession::hand_over(Exchange& exchange) {
  wait_at_most(timeouts_.write_ms);
  error_code failed;
  co_await stream_.write(exchange.handshake, std::string_view(), failed);
  record(exchange, 101, 0);
  if (failed) co_return close();
  WsOpening opening = std::move(*exchange.opening);
  opening.leftover.assign(static_cast<const char*>(in_.data().data()), in_.size());
  opening.fd = stream_.release(opening.tls, opening.leftover, failed);
  if (failed) co_return close();
  opening.address = exchange.context.address;
  opening.request_id = exchange.context.request_id;
  opening.language = exchange.context.language;
  opening.slot = std::move(slot_);
  parts_.adopt_websocket(std::move(opening));
}

asio::awaitable<bool> HttpSession::write(const HttpReply& reply, Exchange& exchange) {
  wait_at_most(timeouts_.write_ms);
  ReplyContext context;
  context.request_id = exchange.context.request_id;
  context.head_only = exchange.request.method == "HEAD";
  context.close = reply.close || !exchange.keep_alive || parts_.draining || slot_.beyond();
  context.hsts = stream_.encrypted();
  std::string head = reply_head(reply, context);
  auto body = context.head_only || reply.status == 204 || reply.status == 304 ? std::string_view() : reply.bytes();
  error_code failed;
  co_await stream_.write(head, body, failed);
  record(exchange, reply.status, body.size());
  if (failed) close();
  wait_at_most(timeouts_.idle_ms);
  co_return !failed && !context.close;
}

asio::awaitable<bool> HttpSession::refuse(const Error& error, Exchange& exchange) {
  if (!stream_.is_open()) co_return false;
  exchange.keep_alive = false;
  HttpReply reply = problem_reply(error, exchange.context.request_id, exchange.context.language);
  add_cors_headers(parts_, exchange.request, reply);  // or a page could not read why its body was refused
  co_return co_await write(reply, exchange);
}

// Closing with unread input would reset the connection, and the peer might never see the answer (RFC 9112 §9.6).
asio::awaitable<void> HttpSession::linger() {
  wait_at_most(timeouts_.linger_ms);
  error_code failed;
  stream_.finish_sending(failed);
  if (!failed) co_await stream_.drop_input(linger_bytes_max);
}

void HttpSession::record(const Exchange& exchange, int status, std::size_t bytes) {
  auto& context = exchange.context;
  auto us = steady_us() - exchange.began_us;
  parts_.metrics.request(exchange.request.method, context.route, status, static_cast<double>(us) / 1e6, bytes);
  bool of_interest = context.route.starts_with("/api") || status >= 400;
  auto level = of_interest ? LogLevel::info : LogLevel::debug;
  if (!log_enabled(level)) return;
  log(level, "request",
      {{"request_id", context.request_id},
       {"method", exchange.request.method},
       {"route", context.route},
       {"status", status},
       {"ms", static_cast<double>(us) / 1000},
       {"bytes", bytes},
       {"address", context.address},
       {"tenant_id", context.identity ? std::string_view(context.identity->tenant_id) : std::string_view()},
       {"user_id", context.identity ? std::string_view(context.identity->user_id) : std::string_view()}});
}

}  // namespace aiim
