#include "net/ws_handshake.h"

#include <algorithm>
#include <vector>

#include "core/ws_frames.h"
#include "net/text.h"

namespace aiim {
namespace {

Error bad(std::string_view why) { return Error(ErrorCode::invalid_request, std::string(why)); }

// 16 bytes in base64: 22 characters and "==".
bool valid_key(std::string_view key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  auto body = key.substr(0, 22);
  return std::all_of(body.begin(), body.end(), [](char c) { return is_alnum(c) || c == '+' || c == '/'; });
}

}  // namespace

Result<Handshake> accept_handshake(const HandshakeRequest& request, std::string_view request_id) {
  if (!request.version_1_1) return bad("a WebSocket needs HTTP/1.1");
  if (!list_has_token(request.upgrade, "websocket") || !list_has_token(request.connection, "upgrade")) {
    return bad("this is a WebSocket: the request must ask for an upgrade to it");
  }
  if (request.version != "13") return bad("Sec-WebSocket-Version must be 13");
  if (!valid_key(request.key)) return bad("Sec-WebSocket-Key must be 16 bytes in base64");

  Handshake done;
  std::vector<std::string_view> offered;
  any_in_list(request.protocols, [&](std::string_view each) {
    offered.push_back(each);
    return false;
  });
  auto bearer = std::find(offered.begin(), offered.end(), "bearer");
  bool with_bearer = bearer != offered.end();
  if (with_bearer && bearer + 1 != offered.end()) done.bearer = *(bearer + 1);

  done.response =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  done.response += ws_accept(request.key);
  if (with_bearer) done.response += "\r\nSec-WebSocket-Protocol: bearer";
  done.response += "\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nX-XSS-Protection: 1; mode=block";
  done.response += "\r\nReferrer-Policy: no-referrer\r\nX-Request-Id: ";
  done.response += request_id;
  done.response += "\r\n\r\n";
  return done;
}

}  // namespace aiim
