// An HTTP answer and its bytes. Every answer carries the security headers and the request's id.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ops/dispatch.h"

namespace aiim {

struct HttpReply {
  int status = 200;
  std::string content_type;  // empty: no body
  std::string body;
  std::string_view shared_body;  // instead of `body`: bytes that outlive the connection (an embedded file)
  std::string headers;           // more header lines, each ended by CR LF
  bool close = false;            // end the connection after it

  std::string_view bytes() const { return shared_body.empty() ? std::string_view(body) : shared_body; }
  void add(std::string_view name, std::string_view value);
};

HttpReply json_reply(std::string body, int status = 200);
/// The problem document, with the headers that its code asks for (Retry-After, WWW-Authenticate).
HttpReply problem_reply(const Error& error, std::string_view request_id, Language language);

/// What the head says beside the reply itself.
struct ReplyContext {
  std::string_view request_id;
  bool head_only = false;  // HEAD: the length of a body that is not sent
  bool close = false;
  bool hsts = false;  // the connection is TLS
};
/// Status line and headers, up to and with the blank line.
std::string reply_head(const HttpReply& reply, const ReplyContext& context);

std::string_view status_text(int status);

/// RFC 6797: only ever sent over TLS.
inline constexpr std::string_view hsts_header = "Strict-Transport-Security: max-age=31536000\r\n";

}  // namespace aiim
