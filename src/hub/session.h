// The hub's view of one WebSocket connection. net/ws_session owns it, fills in who it is, and writes the outbox.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "hub/outbox.h"

namespace aiim {

class Hub;
struct UserEntry;

class Session {
 public:
  virtual ~Session() = default;

  const std::string& session_id() const { return session_id_; }
  UserEntry* user() const { return user_; }

  /// Takes the session out of service: sends `bye` with the reason where the peer can still read it, then the close
  /// code. Never destroys it before the worker's turn has ended. The hub has detached it already when it calls this.
  virtual void end(std::uint16_t close_code, std::string_view bye_reason) = 0;
  /// Something was put into the outbox in this turn: net flushes once before the turn ends. Must not call the hub.
  virtual void mark_dirty() = 0;
  /// The credentials behind this session: the login's `sid` or the API key's id; empty for a plain token.
  virtual std::string_view credential_id() const = 0;

  Outbox outbox;

 protected:
  std::string session_id_;

 private:
  friend class Hub;
  UserEntry* user_ = nullptr;  // null until attached
  std::uint8_t away_ = 0;      // why nobody is looking; 0: somebody may be
  std::uint32_t index_in_user_ = 0;
  std::uint32_t watching_ = 0;       // streams that it was let into in the middle, see streams.cpp
  std::uint32_t granted_bytes_ = 0;  // of a frame above the limit that the outbox took while it was empty
};

}  // namespace aiim
