// One WebSocket connection, from the handshake's end to the close frame: credentials, frames in, replies out,
// heartbeat. An idle one has no buffer, no coroutine and no timer of its own. Owned by WsWorker, which calls it; one
// thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/ws_frames.h"
#include "hub/session.h"
#include "net/reply_queue.h"
#include "net/session_ref.h"
#include "net/transport.h"
#include "net/ws_aliases.h"
#include "net/ws_envelope.h"
#include "net/ws_opening.h"

namespace aiim {

class WsWorker;

class WsSession final : public Session {
 public:
  WsSession(WsWorker& worker, SessionRef ref, WsOpening opening, Transport transport);
  ~WsSession() override;

  // Session: called by the hub.
  void end(std::uint16_t close_code, std::string_view bye_reason) override;
  void mark_dirty() override;
  std::string_view credential_id() const override;

  SessionRef ref() const { return ref_; }
  int fd() const { return transport_.fd(); }
  const std::string& address() const { return address_; }

  // Called by the worker.
  void start(std::optional<Credentials> credentials, std::string leftover);
  void turn_away(const Error& error, std::string_view id);  // error frame and its close code
  void on_readable();
  void on_writable();
  void on_hangup();
  void resume();    // goes on with what was kept while the session was paused
  void conclude();  // after end(): says bye and closes
  void flush();
  void on_due(std::uint32_t due_s);
  /// Takes no further frames; ends when what is under way is answered.
  void drain();

  // Called when what the session waited for has come.
  void authenticated(Result<std::shared_ptr<const Identity>> identity, Result<std::string> sync_token,
                     std::string auth_id);
  void attached(Result<> done, std::string sync_token, std::string auth_id);
  void finish(ReplyQueue::Ticket ticket, Result<std::string> reply);

 private:
  enum class State : std::uint8_t {
    waiting,         // for the `auth` frame
    authenticating,  // or attaching; no frames are taken
    live,
    ending,   // end() was called in this turn
    closing,  // the close frame is queued or sent
    buried,
  };
  // What only a session with something under way needs.
  struct Busy {
    ReplyQueue queue;
    std::string kept;  // input read but not yet looked at
  };
  friend class WsWorker;

  bool paused() const;
  bool holds_input() const;
  void process(char* input, std::size_t bytes);
  void take(const WsReader::Item& item);
  void take_text(std::string_view text);
  void take_ping(const Envelope& envelope);
  void take_auth(const Envelope& envelope);
  void take_alias(const Envelope& envelope, Result<AliasedFrame> frame);
  void take_operation(const Envelope& envelope, std::string_view text, const Op* op = nullptr, std::string answer = {});
  void take_close(std::uint16_t code);
  void run(ReplyQueue::Ticket ticket, const Op& op, std::optional<Json> data);
  void run_waiting_reads();
  void note_activity();
  void answer_due();
  void refuse(const Error& error, std::string_view id);
  void count_bad_frame();
  bool count_user();
  void uncount();
  void reject(const Error& error);  // error frame, bye, 4401
  bool same_user(const Identity& other) const;
  void send(std::string_view json);
  void send_control(WsOpcode opcode, std::string_view payload);
  void update_interest();
  void watch_for_resume();
  void schedule();
  void bury(std::uint16_t code_if_none);
  Busy& busy();

  WsWorker& worker_;
  SessionRef ref_;
  Transport transport_;
  State state_ = State::waiting;
  bool reauthenticating_ = false;
  bool draining_ = false;
  bool write_blocked_ = false;
  bool dirty_ = false;
  bool resuming_ = false;
  bool idle_ = false;  // nobody did anything for a while
  bool peer_closed_ = false;
  bool reader_failed_ = false;
  Language language_;
  enum class Counted : std::uint8_t { no, waiting, user };
  Counted counted_ = Counted::no;  // in which of the edge's counts
  std::uint8_t bad_frames_ = 0;
  std::uint8_t bye_ = 0;  // index of the reason; 0: none
  std::uint16_t close_code_ = 0;
  std::uint32_t interest_ = 0;
  std::uint32_t bad_since_s_ = 0;
  std::uint32_t heard_s_;
  std::uint32_t ping_s_;      // when the next ping is due
  std::uint32_t deadline_s_;  // for credentials, then for the close
  std::uint32_t due_s_ = 0;   // the valid entry in the wheel
  std::uint32_t opened_s_;
  std::uint32_t active_s_;  // when somebody last did something
  std::uint64_t counted_key_ = 0;
  WsReader reader_;
  std::unique_ptr<Busy> busy_;
  std::shared_ptr<const Identity> identity_;  // shared with the operations under way
  std::string address_;
  ConnectionSlot slot_;
};

}  // namespace aiim
