#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <thread>

#include "bus/bus.h"

namespace aiim {
namespace {

// A worker whose turns the test takes itself.
struct Worker {
  explicit Worker(Bus& the_bus) : bus(the_bus) {
    number = bus.add({.post =
                          [this](std::function<void()> work) {
                            std::lock_guard lock(mutex);
                            posted.push_back(std::move(work));
                          },
                      .deliver =
                          [this](const EventBatch& batch) {
                            batches.push_back(batch.size());
                            for (const auto& event : batch) frames.push_back(event->frame);
                          },
                      .lost = [this] { lost++; }});
  }
  ~Worker() {
    if (number >= 0) bus.remove(number);
  }
  bool turn() {
    std::function<void()> work;
    {
      std::lock_guard lock(mutex);
      if (posted.empty()) return false;
      work = std::move(posted.front());
      posted.pop_front();
    }
    work();
    return true;
  }
  void all_turns() {
    while (turn()) {
    }
  }
  void subscribe(const std::string& topic) { bus.subscribe(number, {topic}, nullptr); }

  Bus& bus;
  int number = -1;
  std::mutex mutex;
  std::deque<std::function<void()>> posted;
  std::vector<std::size_t> batches;
  std::vector<std::string> frames;
  int lost = 0;
};

std::shared_ptr<const Event> event(std::string conversation, std::string frame) {
  Event made;
  made.tenant_id = "t";
  made.conversation_id = std::move(conversation);
  made.frame = std::move(frame);
  return std::make_shared<const Event>(std::move(made));
}

using Frames = std::vector<std::string>;

TEST(LocalBus, events_reach_exactly_the_workers_that_subscribed) {
  auto bus = make_local_bus();
  Worker one(*bus);
  Worker two(*bus);
  one.subscribe("c/t/a");
  two.subscribe("c/t/a");
  two.subscribe("c/t/b");
  bus->publish({event("a", "1"), event("b", "2"), event("c", "3")});
  one.all_turns();
  two.all_turns();
  EXPECT_EQ(one.frames, Frames({"1"}));
  EXPECT_EQ(two.frames, Frames({"1", "2"}));
}

TEST(LocalBus, a_worker_with_a_backlog_gets_one_bigger_batch_for_one_post) {
  auto bus = make_local_bus();
  Worker worker(*bus);
  worker.subscribe("c/t/a");
  for (int i = 0; i < 5; i++) bus->publish({event("a", "x"), event("a", "y")});
  EXPECT_EQ(worker.posted.size(), 1U);
  worker.all_turns();
  EXPECT_EQ(worker.batches, std::vector<std::size_t>({10}));
  bus->publish({event("a", "z")});
  worker.all_turns();
  EXPECT_EQ(worker.frames.back(), "z");
}

TEST(LocalBus, the_confirmation_runs_on_the_worker_and_later_events_are_delivered) {
  auto bus = make_local_bus();
  Worker worker(*bus);
  bool confirmed = false;
  bus->publish({event("a", "early")});
  bus->subscribe(worker.number, {"c/t/a"}, [&] { confirmed = true; });
  EXPECT_FALSE(confirmed);
  worker.all_turns();
  EXPECT_TRUE(confirmed);
  bus->publish({event("a", "late")});
  worker.all_turns();
  EXPECT_EQ(worker.frames, Frames({"late"}));
}

TEST(LocalBus, an_unsubscribed_topic_is_silent_and_others_go_on) {
  auto bus = make_local_bus();
  Worker one(*bus);
  Worker two(*bus);
  one.subscribe("c/t/a");
  one.subscribe("c/t/b");
  two.subscribe("c/t/a");
  bus->unsubscribe(one.number, std::vector<std::string>{"c/t/a", "c/t/unknown"});
  bus->publish({event("a", "1"), event("b", "2")});
  one.all_turns();
  two.all_turns();
  EXPECT_EQ(one.frames, Frames({"2"}));
  EXPECT_EQ(two.frames, Frames({"1"}));
}

TEST(LocalBus, nothing_is_called_after_remove_though_work_was_posted) {
  auto bus = make_local_bus();
  Worker worker(*bus);
  bool confirmed = false;
  bus->subscribe(worker.number, {"c/t/a"}, [&] { confirmed = true; });
  bus->publish({event("a", "1")});
  bus->remove(std::exchange(worker.number, -1));
  worker.all_turns();
  EXPECT_FALSE(confirmed);
  EXPECT_TRUE(worker.frames.empty());
  bus->publish({event("a", "2")});
  EXPECT_TRUE(worker.posted.empty());
}

TEST(LocalBus, a_full_queue_drops_the_rest_and_tells_the_worker_once) {
  auto bus = make_local_bus({.events_max = 3, .bytes_max = 1 << 20});
  Worker worker(*bus);
  worker.subscribe("c/t/a");
  for (int i = 0; i < 5; i++) bus->publish({event("a", std::to_string(i))});
  worker.all_turns();
  EXPECT_EQ(worker.frames, Frames({"0", "1", "2"}));
  EXPECT_EQ(worker.lost, 1);
  bus->publish({event("a", "5")});
  worker.all_turns();
  EXPECT_EQ(worker.frames.back(), "5");
  EXPECT_EQ(worker.lost, 1);
}

TEST(LocalBus, a_long_backlog_comes_in_parts_one_per_turn) {
  auto bus = make_local_bus({.batch_events_max = 4});
  Worker worker(*bus);
  worker.subscribe("c/t/a");
  worker.all_turns();
  for (int i = 0; i < 10; i++) bus->publish({event("a", std::to_string(i))});
  EXPECT_TRUE(worker.turn());
  EXPECT_EQ(worker.batches, std::vector<std::size_t>({4}));
  EXPECT_EQ(worker.posted.size(), 1U);
  worker.all_turns();
  EXPECT_EQ(worker.batches, std::vector<std::size_t>({4, 4, 2}));
  EXPECT_EQ(worker.frames.size(), 10U);
  bus->publish({event("a", "10")});
  worker.all_turns();
  EXPECT_EQ(worker.frames.back(), "10");
}

TEST(LocalBus, each_publisher_s_order_holds_under_concurrency) {
  auto bus = make_local_bus();
  Worker worker(*bus);
  for (const char* topic : {"c/t/0", "c/t/1", "c/t/2"}) worker.subscribe(topic);
  constexpr int kEach = 2000;
  std::atomic<int> running{3};
  std::vector<std::thread> publishers;
  for (int p = 0; p < 3; p++) {
    publishers.emplace_back([&, p] {
      const std::string name = std::to_string(p);
      for (int i = 0; i < kEach; i += 2) {
        bus->publish({event(name, name + ":" + std::to_string(i)), event(name, name + ":" + std::to_string(i + 1))});
      }
      running--;
    });
  }
  while (running > 0) worker.all_turns();
  for (std::thread& publisher : publishers) publisher.join();
  worker.all_turns();
  int next[3] = {0, 0, 0};
  for (const std::string& frame : worker.frames) {
    const int p = frame[0] - '0';
    EXPECT_EQ(frame, std::to_string(p) + ":" + std::to_string(next[p]++));
  }
  EXPECT_EQ(worker.frames.size(), 3U * kEach);
}

}  // namespace
}  // namespace aiim
