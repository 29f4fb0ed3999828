#include "net/http_reply.h"

#include <charconv>
#include <ctime>

namespace aiim {
namespace {

void append_number(std::string& out, std::int64_t number) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

// "Sun, 06 Nov 1994 08:49:37 GMT", made once a second per thread.
std::string_view date_header() {
  thread_local std::time_t made = 0;
  thread_local char text[48];
  thread_local std::size_t bytes = 0;
  std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    bytes = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    made = now;
  }
  return {text, bytes};
}

constexpr std::string_view security_headers =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "X-XSS-Protection: 1; mode=block\r\n"
    "Referrer-Policy: no-referrer\r\n";

}  // namespace

void HttpReply::add(std::string_view name, std::string_view value) {
  headers.append(name).append(": ").append(value).append("\r\n");
}

HttpReply json_reply(std::string body, int status) {
  HttpReply reply;
  reply.status = status;
  if (!body.empty()) reply.content_type = "application/json";
  reply.body = std::move(body);
  reply.add("Cache-Control", "no-store");
  return reply;
}

std::string reply_head(const HttpReply& reply, const ReplyContext& context) {
  std::string out;
  out.reserve(512 + reply.headers.size());
  out += "HTTP/1.1 ";
  append_number(out, reply.status);
  out += ' ';
  out += status_text(reply.status);
  out += "\r\nServer: aiim\r\n";
  out += date_header();
  out += security_headers;
  if (context.hsts) out += hsts_header;
  out.append("X-Request-Id: ").append(context.request_id).append("\r\n");
  out += reply.headers;
  if (!reply.content_type.empty()) out.append("Content-Type: ").append(reply.content_type).append("\r\n");
  if (reply.status >= 200 && reply.status != 204 && reply.status != 304) {
    out += "Content-Length: ";
    append_number(out, static_cast<std::int64_t>(reply.bytes().size()));
    out += "\r\n";
  }
  out += context.close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
  return out;
}

std::string_view status_text(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

}  // namespace aiim
