// RFC 6455 frames without I/O: the server's reading side (masked frames in, messages out) and the frame headers it
// writes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aiim {

enum class WsOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Reads a client's frames from bytes as they come. Keeps memory only while a message is incomplete.
class WsReader {
 public:
  enum class What : std::uint8_t { need_more, text, binary, ping, pong, close, error };
  struct Item {
    What what;
    std::string_view payload;  // unmasked; valid until the next call of next(); text is valid UTF-8; close: the reason.
                               // Followed by ≥64 readable bytes (simdjson's padding).
    std::uint16_t code = 0;    // close: the peer's code (1005 when it gave none); error: the code to close with
                               // (1002 protocol, 1007 not UTF-8, 1009 above message_bytes_max)
  };

  explicit WsReader(std::size_t message_bytes_max);
  ~WsReader();
  WsReader(WsReader&&) noexcept;
  WsReader& operator=(WsReader&&) noexcept;

  /// Takes one item from the front of `input` (unmasking in place) and shortens it by what was used. need_more: `input`
  /// was consumed whole and kept; call again with the bytes that follow. `input` must be writable and have 64 readable
  /// bytes behind its end. After an error every call gives the same error and drops its input.
  Item next(char*& input, std::size_t& bytes);

  /// True while nothing of an unfinished frame or message is kept.
  bool idle() const;
  /// What the reader holds beside itself: 0 while idle, once the last item was answered by another call of next().
  std::size_t memory_bytes() const;

 private:
  struct Kept;
  struct Frame;

  std::optional<Item> take(const Frame& frame, char* payload);
  std::optional<Item> take_data(const Frame& frame, std::string_view payload);
  Item take_close(std::string_view payload);
  bool complete_partial(Frame& frame, char*& input, std::size_t& bytes);
  std::uint16_t judge(const Frame& frame) const;
  Item fail(std::uint16_t code);
  void release();
  Kept& kept();

  std::uint32_t message_bytes_max_;
  std::uint16_t failed_ = 0;
  std::unique_ptr<Kept> kept_;  // an idle session pays for the pointer only
};

/// Header of an unmasked, unfragmented server frame; ≤10 bytes into `out`, returns how many.
std::size_t ws_header(char* out, WsOpcode opcode, std::size_t payload_bytes);
std::string ws_frame(WsOpcode opcode, std::string_view payload);
/// A close frame's payload: code and reason (cut to 123 bytes at a character's end).
std::string ws_close_payload(std::uint16_t code, std::string_view reason);
/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string ws_accept(std::string_view key);

}  // namespace aiim
