// The handshake uses one key for all: the accept is checked against it, which is what the check is for.
#include "ws_client.h"

#include <cstring>

#include "failure.h"
#include "ws_frame.h"

namespace aiim::bench {
namespace {

constexpr std::string_view key = "YWlpbS1iZW5jaC1rZXktMQ==";

uint32_t next_mask() {
  static uint32_t state = 0x9e3779b9;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

}  // namespace

void WsClient::connect(const Target& target, const std::string& token, const std::string& source) {
  phase_ = Phase::handshake;
  open(target, source);
  write(
      fmt::format("GET /api/aiim/ws HTTP/1.1\r\nHost: {}:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {}\r\n\r\n",
                  target.host, target.port, key, token));
}

void WsClient::send_text(std::string_view text) {
  append_client_frame(out(), Opcode::text, text, next_mask());
  wrote();
}

size_t WsClient::on_handshake(std::string_view bytes) {
  static const std::string accept = websocket_accept(key);
  size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return 0;
  std::string_view head = bytes.substr(0, end + 2);
  if (!head.starts_with("HTTP/1.1 101")) fail("the WebSocket handshake was refused: {}", bytes.substr(0, 600));
  if (head.find(accept) == head.npos) fail("the WebSocket handshake has a wrong Sec-WebSocket-Accept: {}", head);
  phase_ = Phase::hello;
  return end + 4;
}

size_t WsClient::on_bytes(std::string_view bytes) {
  size_t taken = 0;
  if (phase_ == Phase::handshake) {
    taken = on_handshake(bytes);
    if (taken == 0) return 0;
  }
  while (is_open() && taken < bytes.size()) {
    WsFrame frame;
    size_t consumed;
    Decoded result = decode_server_frame(bytes.substr(taken), frame, consumed);
    if (result == Decoded::malformed) fail("session {}: a malformed WebSocket frame from the server", index_);
    if (result == Decoded::incomplete) break;
    taken += consumed;
    on_frame(frame);
  }
  return taken;
}

void WsClient::on_frame(WsFrame frame) {
  switch (frame.opcode) {
    case Opcode::text:
      if (frame.fin) return on_message(frame.payload);
      fragments_.assign(frame.payload);
      return;
    case Opcode::continuation:
      fragments_.append(frame.payload);
      if (!frame.fin) return;
      fragments_.reserve(fragments_.size() + Loop::padding);
      return on_message(fragments_);
    case Opcode::ping: append_client_frame(out(), Opcode::pong, frame.payload, next_mask()); return wrote();
    case Opcode::pong: return;
    case Opcode::close: {
      int code = frame.payload.size() >= 2
                     ? static_cast<uint8_t>(frame.payload[0]) << 8 | static_cast<uint8_t>(frame.payload[1])
                     : 1005;
      drop();
      std::string why = fmt::format("closed by the server with {} {}", code,
                                    frame.payload.substr(std::min<size_t>(2, frame.payload.size())));
      return on_lost(why);
    }
    default: fail("session {}: an unexpected WebSocket opcode {}", index_, static_cast<int>(frame.opcode));
  }
}

void WsClient::on_message(std::string_view text) {
  messages_++;
  if (phase_ == Phase::hello) {
    phase_ = Phase::live;
    return listener_->on_hello(*this, text);
  }
  listener_->on_text(*this, text);
}

void WsClient::on_lost(std::string_view why) { listener_->on_lost(*this, why); }

}  // namespace aiim::bench
