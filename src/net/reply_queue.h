// The operations that one connection has under way, in order of arrival. Writes start at once and are answered in their
// order; a read starts when the writes before it are finished, and is answered when it is. Pure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace aiim {

struct Op;

class ReplyQueue {
 public:
  static constexpr std::size_t in_flight_max = 64;
  static constexpr std::size_t waiting_bytes_max = 256 * 1024;  // of reads that wait

  using Ticket = std::uint32_t;

  struct Slot {
    enum class State : std::uint8_t { waiting, running, finished, answered };
    State state = State::running;
    bool write = true;
    bool wants_reply = false;
    std::string id;    // the frame's, if it had one
    std::string text;  // waiting: the frame, to be parsed again; finished: the reply, empty for silence
    const Op* op = nullptr;
    std::string answer;  // sent on success, instead of an ack; empty: an ack
  };

  bool empty() const { return slots_.empty(); }
  std::size_t size() const { return slots_.size(); }
  /// No further frame may be taken now.
  bool full() const { return slots_.size() >= in_flight_max || waiting_bytes_ > waiting_bytes_max; }
  bool writes_under_way() const { return writes_ > 0; }

  Ticket add(Slot slot);
  /// Null once the ticket's slot is gone.
  Slot* find(Ticket ticket);
  /// The operation is done; its reply may have to wait for others.
  void finish(Ticket ticket, std::string reply);

  /// Calls send(text) with each reply that is due now.
  template <class Send>
  void take_replies(Send send) {
    bool earlier_write_unfinished = false;
    for (auto& slot : slots_) {
      if (slot.state == Slot::State::finished && !(slot.write && earlier_write_unfinished)) {
        if (!slot.text.empty()) send(slot.text);
        slot.text = {};
        slot.state = Slot::State::answered;
      } else if (slot.write && slot.state != Slot::State::answered) {
        earlier_write_unfinished = true;
      }
    }
    drop_answered();
  }

  /// The next read whose turn has come, marked as running; {0, null} when there is none.
  std::pair<Ticket, Slot*> next_read();

 private:
  void drop_answered();

  std::deque<Slot> slots_;
  Ticket first_ = 1;  // of slots_.front()
  std::size_t waiting_bytes_ = 0;
  std::uint32_t writes_ = 0;   // not finished
  std::uint32_t waiting_ = 0;  // reads
};

}  // namespace aiim
