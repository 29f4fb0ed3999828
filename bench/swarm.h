// A set of sessions, one per user, that a workload opens together and listens to.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bench.h"
#include "event.h"
#include "ws_client.h"

namespace aiim::bench {

class Swarm : public WsListener {
 public:
  explicit Swarm(Bench& bench) : bench_(bench) {}

  // Opens a session for each of the users first … first+count-1 and waits for every hello; `at_once` handshakes at a
  // time. `spread` connects from 127.0.0.2–9 so that ten thousand have ports enough.
  void open_sessions(size_t first, size_t count, size_t at_once = 128, bool spread = false);
  WsClient& session(size_t index) { return *sessions_[index]; }
  size_t size() const { return sessions_.size(); }
  uint64_t reads() const;

 protected:
  Bench& bench() { return bench_; }
  EventParser& parser() { return parser_; }
  // Each message after hello. The default parses it, fails on errors and lost sessions, and hands over the rest.
  void on_text(WsClient& client, std::string_view text) override;
  virtual void on_event(WsClient& client, const Event& event) = 0;
  void on_hello(WsClient& client, std::string_view text) override;
  void on_lost(WsClient& client, std::string_view why) override;
  uint64_t hellos() const { return hellos_; }

 private:
  Bench& bench_;
  EventParser parser_;
  std::vector<std::unique_ptr<WsClient>> sessions_;
  uint64_t hellos_ = 0;
};

std::string spread_source(size_t index);

}  // namespace aiim::bench
