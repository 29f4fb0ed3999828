// One WebSocket session of the generator: handshake with a bearer token, frames in and out, pings answered. Its
// listener sees each text message once; the first one must be the server's hello.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "stream_socket.h"

namespace aiim::bench {

class WsClient;

struct WsListener {
  virtual ~WsListener() = default;
  virtual void on_hello(WsClient& client, std::string_view text) = 0;
  // `text` is padded for simdjson and gone after the call.
  virtual void on_text(WsClient& client, std::string_view text) = 0;
  virtual void on_lost(WsClient& client, std::string_view why) = 0;
};

class WsClient final : public StreamSocket {
 public:
  WsClient(Loop& loop, WsListener& listener, uint32_t index)
      : StreamSocket(loop), listener_(&listener), index_(index) {}

  void connect(const Target& target, const std::string& token, const std::string& source = {});
  void send_text(std::string_view text);

  uint32_t index() const { return index_; }
  bool is_live() const { return is_open() && phase_ == Phase::live; }
  uint64_t messages() const { return messages_; }

 private:
  enum class Phase : uint8_t { handshake, hello, live };
  size_t on_bytes(std::string_view bytes) override;
  void on_lost(std::string_view why) override;
  size_t on_handshake(std::string_view bytes);
  void on_frame(struct WsFrame frame);
  void on_message(std::string_view text);

  WsListener* listener_;
  uint32_t index_;
  Phase phase_ = Phase::handshake;
  uint64_t messages_ = 0;
  std::string fragments_;
};

}  // namespace aiim::bench
