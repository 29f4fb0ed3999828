// One group whose members all have a session. A message is done when it is acked and every member has it. Members get
// the same bytes in the same order, so each frame is parsed and judged once and compared byte for byte after that.
#pragma once
#include <deque>
#include <string>
#include <vector>

#include "histogram.h"
#include "position.h"
#include "setup.h"
#include "swarm.h"

namespace aiim::bench {

class Room : public Swarm, public Steady {
 public:
  Room(Bench& bench, size_t members);
  virtual void prepare();
  // Joins a conversation that is there already, with sessions that are open.
  void join(const Conversation& conversation);
  void finish();

  void reset() override;
  uint64_t done() const override { return deliveries_; }
  void report(Result& result, double seconds) override;

 protected:
  void send(size_t member, int64_t when);
  virtual void on_done(size_t member) = 0;
  size_t members() const { return members_; }
  size_t in_flight() const { return in_flight_; }

 private:
  // By number, in the order of sending.
  struct Sent {
    int64_t when = 0;
    size_t sender = 0;
    int64_t ack_seq = 0, ack_rev = 0, event_seq = 0;
  };
  // By seq, in the order of the conversation.
  struct Message {
    std::string frame;
    uint64_t number = 0;
    int64_t rev = 0;
    int64_t when = 0;
    size_t delivered = 0;
    bool done = false;
  };
  void on_text(WsClient& client, std::string_view text) override;
  void on_event(WsClient& client, const Event& event) override;
  void on_first(WsClient& client, const Event& event, std::string_view text);
  void on_ack(const Event& event);
  void count(size_t member, Message& message);
  void settle(uint64_t number);
  Sent& sent(uint64_t number);
  Message* message(int64_t seq);

  const size_t members_;
  Conversation conversation_;
  std::vector<Position> positions_;  // by member
  std::deque<Sent> sent_;
  uint64_t first_number_ = 0;  // of sent_.front()
  std::deque<Message> messages_;
  int64_t first_seq_ = 1;  // of messages_.front()
  size_t in_flight_ = 0;
  uint64_t deliveries_ = 0, messages_done_ = 0, reads_ = 0;
  Histogram deliver_, ack_;
};

}  // namespace aiim::bench
