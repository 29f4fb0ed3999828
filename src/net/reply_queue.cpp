#include "net/reply_queue.h"

namespace aiim {

ReplyQueue::Ticket ReplyQueue::add(Slot slot) {
  if (slot.write) writes_++;
  if (slot.state == Slot::State::waiting) {
    waiting_++;
    waiting_bytes_ += slot.text.size();
  }
  slots_.push_back(std::move(slot));
  return first_ + static_cast<Ticket>(slots_.size() - 1);
}

ReplyQueue::Slot* ReplyQueue::find(Ticket ticket) {
  Ticket at = ticket - first_;  // wraps below the first
  return at < slots_.size() ? &slots_[at] : nullptr;
}

void ReplyQueue::finish(Ticket ticket, std::string reply) {
  Slot* slot = find(ticket);
  if (!slot || slot->state != Slot::State::running) return;
  if (slot->write) writes_--;
  slot->state = Slot::State::finished;
  slot->text = std::move(reply);
}

std::pair<ReplyQueue::Ticket, ReplyQueue::Slot*> ReplyQueue::next_read() {
  if (waiting_ == 0) return {0, nullptr};
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    bool unfinished = slot.state == Slot::State::running;
    if (slot.write && unfinished) break;
    if (slot.state != Slot::State::waiting) continue;
    slot.state = Slot::State::running;
    waiting_--;
    waiting_bytes_ -= slot.text.size();
    return {first_ + static_cast<Ticket>(i), &slot};
  }
  return {0, nullptr};
}

void ReplyQueue::drop_answered() {
  while (!slots_.empty() && slots_.front().state == Slot::State::answered) {
    slots_.pop_front();
    first_++;
  }
}

}  // namespace aiim
