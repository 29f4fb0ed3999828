// RFC 6455 frames without I/O: what a client writes (masked) and what it reads (unmasked). Messages in fragments are
// returned frame by frame; the caller joins them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aiim::bench {

enum class Opcode : uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct WsFrame {
  Opcode opcode;
  bool fin;
  std::string_view payload;  // into the bytes that were read
};

enum class Decoded { frame, incomplete, malformed };

// Reads one unmasked frame at the front of `bytes`; `consumed` is its whole length. An incomplete one consumes nothing.
Decoded decode_server_frame(std::string_view bytes, WsFrame& frame, size_t& consumed);

// Appends one masked frame.
void append_client_frame(std::string& out, Opcode opcode, std::string_view payload, uint32_t mask);

// Appends one unmasked frame, and reads a masked one (unmasked in place): the other end, for the machine's limits.
void append_server_frame(std::string& out, Opcode opcode, std::string_view payload);
Decoded decode_client_frame(char* bytes, size_t size, WsFrame& frame, size_t& consumed);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

}  // namespace aiim::bench
