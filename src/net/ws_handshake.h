// RFC 6455's opening handshake, the server's side, without I/O.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace aiim {

/// The headers that matter, as they came; empty when missing.
struct HandshakeRequest {
  std::string_view upgrade;
  std::string_view connection;
  std::string_view key;
  std::string_view version;
  std::string_view protocols;  // all Sec-WebSocket-Protocol lines, joined with commas
  bool version_1_1 = true;
};

struct Handshake {
  std::string response;  // the whole 101, its blank line included
  std::string bearer;    // the token of `bearer, <JWT>`
};

/// The error's answer must carry `Sec-WebSocket-Version: 13`.
Result<Handshake> accept_handshake(const HandshakeRequest& request, std::string_view request_id);

}  // namespace aiim
