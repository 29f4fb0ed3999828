// A worker's WebSocket sessions: owns them, brings them the kernel's events, the hub's frames and the passing of time,
// and writes each dirty one once per turn. One thread. The io_context must not run after it is destroyed.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "hub/hub.h"
#include "net/epoll_loop.h"
#include "net/wheel.h"
#include "net/worker_parts.h"
#include "net/ws_session.h"

namespace aiim {

class WsWorker {
 public:
  explicit WsWorker(WorkerParts& parts);
  ~WsWorker();

  void start();
  /// Takes a connection after its handshake.
  void adopt(WsOpening opening);
  /// Once a second.
  void tick();
  /// Every session finishes what is under way and is told to come back later.
  void drain();
  /// Drops every connection now.
  void stop();
  std::size_t size() const { return live_; }
  std::size_t operations() const { return operations_; }

  WsSession* find(SessionRef ref) const;

  // For the sessions.
  WorkerParts& parts() { return parts_; }
  Hub& hub() { return parts_.app.hub; }
  std::uint32_t now_s() const { return now_s_; }
  std::string& scratch() { return scratch_; }
  char* buffer() { return buffer_.get(); }
  void mark_dirty(WsSession& session);
  void conclude_later(WsSession& session);
  void resume_later(WsSession& session);
  void bury(WsSession& session, std::uint16_t code);
  void set_interest(WsSession& session, std::uint32_t events);
  std::uint32_t schedule(SessionRef ref, std::uint32_t due_s) { return wheel_.add(ref, due_s); }
  std::unique_ptr<WsSession::Busy> take_busy();
  void give_back(std::unique_ptr<WsSession::Busy> busy);
  void run(SessionRef ref, ReplyQueue::Ticket ticket, Call call);
  void authenticate(SessionRef ref, Credentials credentials, std::string auth_id, Caller caller);
  std::int64_t spread_ms(std::int64_t below);

  static constexpr std::size_t buffer_bytes = 64 * 1024;

  // Counted here and handed to the metrics once a second.
  struct Counts {
    std::uint64_t bytes_in = 0, bytes_out = 0, frames_in = 0, frames_out = 0;
  };
  Counts counts;

 private:
  struct Entry {
    std::unique_ptr<WsSession> session;
    std::uint32_t generation = 1;
  };
  struct Finished;

  static boost::asio::awaitable<void> run_operation(WsWorker& worker, SessionRef ref, ReplyQueue::Ticket ticket,
                                                    Call call);
  static boost::asio::awaitable<void> run_authentication(WsWorker& worker, SessionRef ref, Credentials credentials,
                                                         std::string auth_id, Caller caller);
  void spawn(boost::asio::awaitable<void> work);
  void on_event(std::uint64_t key, std::uint32_t events);
  void need_turn();
  void end_turn();
  void publish_counts();

  WorkerParts& parts_;
  EpollLoop epoll_;
  std::uint32_t now_s_;
  Wheel wheel_;
  std::vector<Entry> table_;
  std::vector<std::uint32_t> free_;
  std::size_t live_ = 0;
  std::size_t operations_ = 0;
  std::unique_ptr<char[]> buffer_;
  std::string scratch_;
  std::vector<SessionRef> dirty_;
  std::vector<SessionRef> concluding_;
  std::vector<SessionRef> resuming_;
  std::vector<SessionRef> batch_;
  std::vector<std::unique_ptr<WsSession>> graveyard_;
  std::vector<std::unique_ptr<WsSession::Busy>> spare_;
  bool in_turn_ = false;
  bool turn_posted_ = false;
  bool stopped_ = false;
};

}  // namespace aiim
