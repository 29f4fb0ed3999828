#include "net/reply_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace aiim {
namespace {

using Slot = ReplyQueue::Slot;

Slot write() { return Slot{}; }
Slot read() {
  Slot slot;
  slot.write = false;
  return slot;
}
Slot waiting_read(std::string text = "read") {
  Slot slot = read();
  slot.state = Slot::State::waiting;
  slot.text = std::move(text);
  return slot;
}

std::vector<std::string> due(ReplyQueue& queue) {
  std::vector<std::string> replies;
  queue.take_replies([&](const std::string& reply) { replies.push_back(reply); });
  return replies;
}

using Replies = std::vector<std::string>;

TEST(ReplyQueue, writes_are_answered_in_order_however_they_finish) {
  ReplyQueue queue;
  auto a = queue.add(write()), b = queue.add(write()), c = queue.add(write());
  queue.finish(b, "b");
  EXPECT_EQ(due(queue), Replies{});
  queue.finish(a, "a");
  EXPECT_EQ(due(queue), (Replies{"a", "b"}));
  queue.finish(c, "c");
  EXPECT_EQ(due(queue), Replies{"c"});
  EXPECT_TRUE(queue.empty());
}

TEST(ReplyQueue, a_read_starts_when_the_writes_before_it_are_finished) {
  ReplyQueue queue;
  auto a = queue.add(write()), b = queue.add(write());
  auto r = queue.add(waiting_read());
  queue.add(write());
  EXPECT_EQ(queue.next_read().second, nullptr);
  queue.finish(b, "b");
  EXPECT_EQ(queue.next_read().second, nullptr);
  queue.finish(a, "a");
  EXPECT_EQ(due(queue), (Replies{"a", "b"}));
  auto [ticket, slot] = queue.next_read();
  ASSERT_NE(slot, nullptr);
  EXPECT_EQ(ticket, r);
  EXPECT_EQ(slot->text, "read");
  EXPECT_EQ(queue.next_read().second, nullptr) << "it runs already";
}

TEST(ReplyQueue, a_slow_read_holds_nobody_up) {
  ReplyQueue queue;
  auto slow = queue.add(read());
  auto quick = queue.add(read());
  auto w = queue.add(write());
  queue.finish(w, "w");
  queue.finish(quick, "quick");
  EXPECT_EQ(due(queue), (Replies{"quick", "w"}));
  EXPECT_EQ(queue.size(), 3u);
  queue.finish(slow, "slow");
  EXPECT_EQ(due(queue), Replies{"slow"});
  EXPECT_TRUE(queue.empty());
}

TEST(ReplyQueue, silence_is_in_order_too_and_a_ticket_counts_once) {
  ReplyQueue queue;
  auto a = queue.add(write()), b = queue.add(write());
  queue.finish(a, "");
  queue.finish(a, "again");
  queue.finish(b, "b");
  EXPECT_EQ(due(queue), Replies{"b"});
  queue.finish(b, "late");
  EXPECT_EQ(due(queue), Replies{});
  EXPECT_EQ(queue.find(a), nullptr);
}

TEST(ReplyQueue, it_is_full_at_64_or_when_waiting_reads_hold_too_much) {
  ReplyQueue queue;
  for (std::size_t i = 0; i < ReplyQueue::in_flight_max; ++i) {
    EXPECT_FALSE(queue.full());
    queue.add(write());
  }
  EXPECT_TRUE(queue.full());

  ReplyQueue heavy;
  auto w = heavy.add(write());
  heavy.add(waiting_read(std::string(ReplyQueue::waiting_bytes_max + 1, 'x')));
  EXPECT_TRUE(heavy.full());
  heavy.finish(w, "");
  EXPECT_NE(heavy.next_read().second, nullptr);
  EXPECT_FALSE(heavy.full());
}

}  // namespace
}  // namespace aiim
