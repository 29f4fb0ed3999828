// What the HTTP side hands to the WebSocket side after a handshake.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "net/edge_state.h"
#include "net/tls_channel.h"
#include "ops/dispatch.h"

namespace aiim {

struct WsOpening {
  int fd = -1;                             // non-blocking; belongs to whoever takes the opening
  std::unique_ptr<TlsChannel> tls;         // null: plain
  std::string leftover;                    // bytes already read behind the handshake
  std::optional<Credentials> credentials;  // none: the first frame must bring them
  std::optional<Error> refusal;            // told in a frame, with its close code: browsers read no failed handshake
  std::string address;
  std::string request_id;
  Language language = Language::en;
  ConnectionSlot slot;
};

}  // namespace aiim
