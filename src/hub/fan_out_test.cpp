// What fan-out and idle sessions cost, without sockets. Figures are printed, not judged: machines differ.
#include <malloc.h>

#include <chrono>

#include "bus/bus.h"
#include "hub/test_world.h"

namespace aiim {
namespace {

using test::TestSession;
using test::World;

std::vector<std::unique_ptr<TestSession>> attach_members(World& world, int sessions, int conversations) {
  for (int i = 0; i < sessions; i++) {
    world.log.set_member("c" + std::to_string(i % conversations), "user" + std::to_string(i), true);
  }
  std::vector<std::unique_ptr<TestSession>> attached;
  for (int i = 0; i < sessions; i++) {
    attached.push_back(std::make_unique<TestSession>());
    world.begin_attach(*attached.back(), "user" + std::to_string(i));
    world.run();
  }
  return attached;
}

TEST(FanOut, to_a_thousand_followers) {
  constexpr int kFollowers = 1000;
  World world(make_local_bus());
  const auto sessions = attach_members(world, kFollowers, 1);
  for (const int burst : {1, 4, 16}) {
    std::int64_t pushes = 0;
    std::chrono::nanoseconds spent{};
    for (int round = 0; round < 2000 / burst; round++) {
      EventBatch batch;
      for (int i = 0; i < burst; i++) {
        Event event = world.log.post("c0");
        event.frame.resize(300, 'x');
        batch.push_back(std::make_shared<const Event>(std::move(event)));
      }
      const auto begin = std::chrono::steady_clock::now();
      world.bus->publish(std::move(batch));
      world.run();
      spent += std::chrono::steady_clock::now() - begin;
      pushes += kFollowers * burst;
      for (const auto& session : sessions) session->outbox.consume(session->outbox.unsent_bytes());
    }
    std::printf("fan-out to %d followers, bursts of %d: %.1f ns per frame and session\n", kFollowers, burst,
                static_cast<double>(spent.count()) / static_cast<double>(pushes));
  }
  EXPECT_EQ(world.hub->counts().slow_consumers, 0U);
}

TEST(FanOut, memory_of_idle_sessions) {
  constexpr int kUsers = 5000;
  World world(make_local_bus());
  attach_members(world, 10, 1);
  std::size_t before = mallinfo2().uordblks;
  auto first = attach_members(world, kUsers, kUsers / 10);
  world.log.conversations.clear();
  const std::size_t users = mallinfo2().uordblks - before;
  before = mallinfo2().uordblks;
  std::vector<std::unique_ptr<TestSession>> second;
  for (int i = 0; i < kUsers; i++) {
    second.push_back(std::make_unique<TestSession>());
    world.begin_attach(*second.back(), "user" + std::to_string(i));
  }
  world.run();
  const std::size_t sessions = mallinfo2().uordblks - before;
  EXPECT_EQ(world.hub->sessions(), 2U * kUsers);
  std::printf(
      "%zu bytes per user with one session and one conversation of ten, %zu bytes per further session; "
      "%zu of each are the test's session itself\n",
      users / kUsers, sessions / kUsers, sizeof(TestSession));
}

}  // namespace
}  // namespace aiim
