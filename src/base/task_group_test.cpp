#include "base/task_group.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"

namespace aiim {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;

// What a task reports to the test: counted down even when its frame is destroyed unfinished.
struct Life {
  explicit Life(int& count) : alive(&count) { ++*alive; }
  Life(Life&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
  ~Life() {
    if (alive) --*alive;
  }
  int* alive;
};

awaitable<void> sleep_for_ever() {
  asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(use_awaitable);
}

awaitable<void> sleeper(int& alive) {
  Life life(alive);
  co_await sleep_for_ever();
}

awaitable<void> turns(int count, int& done) {
  for (int i = 0; i < count; ++i) co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
  ++done;
}

awaitable<void> throws_after_a_turn() {
  co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
  throw std::runtime_error("out of paper");
}

awaitable<void> join_then_set(TaskGroup& group, bool& joined) {
  co_await group.join();
  joined = true;
}

void start_join(asio::io_context& io, TaskGroup& group, bool& joined) {
  asio::co_spawn(io, join_then_set(group, joined), [](std::exception_ptr) {});
}

TEST(TaskGroup, join_completes_when_the_last_task_has_ended) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int done = 0;
  bool joined = false;
  for (int i = 0; i < 10; ++i) group.spawn("turns", turns(i, done));
  EXPECT_EQ(group.size(), 10u);
  start_join(io, group, joined);
  io.run();
  EXPECT_EQ(done, 10);
  EXPECT_TRUE(joined);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, joining_an_empty_group_completes_at_once) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  bool joined = false;
  start_join(io, group, joined);
  io.run();
  EXPECT_TRUE(joined);
}

TEST(TaskGroup, several_may_join) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int done = 0;
  bool first = false, second = false;
  group.spawn("turns", turns(5, done));
  start_join(io, group, first);
  start_join(io, group, second);
  io.run();
  EXPECT_TRUE(first && second);
}

TEST(TaskGroup, cancel_all_ends_every_wait) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int alive = 0;
  bool joined = false;
  for (int i = 0; i < 100; ++i) group.spawn("sleeper", sleeper(alive));
  io.poll();
  EXPECT_EQ(alive, 100);
  start_join(io, group, joined);
  group.cancel_all();
  io.run();
  EXPECT_EQ(alive, 0);
  EXPECT_TRUE(joined);
}

TEST(TaskGroup, cancels_tasks_that_have_not_started_yet) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int alive = 0;
  group.spawn("sleeper", sleeper(alive));
  group.cancel_all();
  io.run();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, starts_nothing_once_it_is_ending) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int alive = 0;
  group.cancel_all();
  group.spawn("sleeper", sleeper(alive));
  EXPECT_EQ(group.size(), 0u);
  io.run();
  EXPECT_EQ(alive, 0);
}

awaitable<void> spawns_others(TaskGroup& group, int depth, int& done) {
  co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
  if (depth > 0) {
    group.spawn("child", spawns_others(group, depth - 1, done));
    group.spawn("child", spawns_others(group, depth - 1, done));
  }
  ++done;
}

TEST(TaskGroup, tasks_may_spawn_tasks) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int done = 0;
  bool joined = false;
  group.spawn("root", spawns_others(group, 6, done));
  start_join(io, group, joined);
  io.run();
  EXPECT_EQ(done, 127);
  EXPECT_TRUE(joined);
}

awaitable<void> cancels_its_group(TaskGroup& group) {
  co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
  group.cancel_all();
}

TEST(TaskGroup, a_task_may_cancel_its_own_group) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int alive = 0;
  group.spawn("sleeper", sleeper(alive));
  group.spawn("canceller", cancels_its_group(group));
  group.spawn("sleeper", sleeper(alive));
  io.run();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, an_exception_ends_one_task_and_is_logged) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "printers");
  int done = 0;
  testing::internal::CaptureStderr();
  group.spawn("printer", throws_after_a_turn());
  group.spawn("turns", turns(5, done));
  io.run();
  auto written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(done, 1);
  EXPECT_NE(written.find("error task_failed group=printers task=printer error=\"out of paper\""), written.npos)
      << written;
}

TEST(TaskGroup, cancellation_is_no_error) {
  asio::io_context io;
  TaskGroup group(io.get_executor(), "test");
  int alive = 0;
  testing::internal::CaptureStderr();
  group.spawn("sleeper", sleeper(alive));
  io.poll();
  group.cancel_all();
  io.run();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

awaitable<void> reads_a_socket(int& alive, unsigned short port) {
  Life life(alive);
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  const asio::ip::tcp::endpoint peer(asio::ip::address_v4::loopback(), port);
  co_await socket.async_connect(peer, use_awaitable);
  char bytes[16];
  auto buffer = asio::buffer(bytes);
  co_await socket.async_read_some(buffer, use_awaitable);
}

TEST(TaskGroup, cancels_socket_waits) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  TaskGroup group(io.get_executor(), "test");
  int alive = 0;
  for (int i = 0; i < 5; ++i) group.spawn("reader", reads_a_socket(alive, acceptor.local_endpoint().port()));
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(alive, 5);
  io.restart();
  group.cancel_all();
  io.run();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroup, frames_left_behind_die_with_the_io_context) {
  int alive = 0;
  testing::internal::CaptureStderr();
  {
    asio::io_context io;
    TaskGroup group(io.get_executor(), "test");
    for (int i = 0; i < 3; ++i) group.spawn("sleeper", sleeper(alive));
    io.poll();
    EXPECT_EQ(alive, 3);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("tasks_not_joined group=test tasks=3"), std::string::npos);
}

TEST(TaskGroup, a_group_destroyed_early_cancels_what_still_runs) {
  asio::io_context io;
  int alive = 0;
  testing::internal::CaptureStderr();
  {
    TaskGroup group(io.get_executor(), "test");
    for (int i = 0; i < 3; ++i) group.spawn("sleeper", sleeper(alive));
    io.poll();
  }
  io.restart();
  io.run();
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(alive, 0);
}

TEST(TaskGroup, workers_each_have_their_own) {
  std::vector<std::thread> workers;
  std::vector<int> done(4);
  for (int& mine : done) {
    workers.emplace_back([&mine] {
      asio::io_context io(1);
      TaskGroup group(io.get_executor(), "test");
      int alive = 0;
      bool joined = false;
      for (int i = 0; i < 200; ++i) group.spawn("turns", turns(i % 7, mine));
      for (int i = 0; i < 20; ++i) group.spawn("sleeper", sleeper(alive));
      io.poll();
      start_join(io, group, joined);
      group.cancel_all();
      io.restart();
      io.run();
      EXPECT_TRUE(joined);
    });
  }
  for (auto& worker : workers) worker.join();
  for (int count : done) EXPECT_EQ(count, 200);
}

}  // namespace
}  // namespace aiim
