// Pairs of users who talk in direct conversations. A message is done when its sender has the ack and the other user has
// the event, both with the same seq and rev; both users' sessions are checked for order and, at the end, completeness.
#pragma once
#include <deque>
#include <string>
#include <vector>

#include "histogram.h"
#include "position.h"
#include "setup.h"
#include "swarm.h"

namespace aiim::bench {

class PairTraffic : public Swarm, public Steady {
 public:
  // Of the users first_user and on.
  PairTraffic(Bench& bench, size_t pairs, bool receipts, size_t first_user = 0);

  // Makes the conversations and opens both users' sessions.
  virtual void prepare();
  // Waits for what is under way, then checks that every session has every message.
  void finish();

  void reset() override;
  uint64_t done() const override { return done_; }
  void report(Result& result, double seconds) override;

 protected:
  // Sends one message of `pair` from its user 0 or 1; its latency counts from `when`.
  void send(size_t pair, uint32_t side, int64_t when);
  virtual void transmit(size_t pair, uint32_t side, const std::string& id, const std::string& data);
  virtual void on_done(size_t pair, uint32_t side) = 0;
  void on_ack(size_t pair, std::string_view id, int64_t seq, int64_t rev);

  void on_event(WsClient& client, const Event& event) override;
  size_t pairs() const { return conversations_.size() ? conversations_.size() : pairs_; }
  size_t in_flight() const { return in_flight_; }
  const std::vector<Conversation>& conversations() const { return conversations_; }
  const Histogram& ack_latency() const { return ack_; }
  const Histogram& deliver_latency() const { return deliver_; }

 private:
  struct Flight {
    int64_t when = 0;
    uint64_t number = 0;
    uint32_t side = 0;
    bool used = false, acked = false, delivered = false;
    int64_t seq = 0, rev = 0;
  };
  Flight& flight_of(size_t pair, std::string_view id, uint32_t& slot);
  void on_message(WsClient& client, const Event& event);
  void settle(size_t pair, uint32_t slot);
  void judge(Flight& flight, std::string_view id, int64_t seq, int64_t rev);

  const size_t pairs_;
  const bool receipts_;
  const size_t first_user_;
  const bool ordered_ids_;
  std::vector<Conversation> conversations_;
  std::vector<Position> positions_;                // by session
  std::vector<std::vector<Flight>> flights_;       // by pair, then slot
  std::vector<std::vector<uint32_t>> free_slots_;  // by pair
  std::vector<int64_t> sent_;                      // by pair, since the beginning
  size_t in_flight_ = 0;
  uint64_t next_ = 0, done_ = 0;
  Histogram ack_, deliver_;
};

}  // namespace aiim::bench
