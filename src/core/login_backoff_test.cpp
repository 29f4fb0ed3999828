#include "core/login_backoff.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

TEST(LoginBackoff, the_first_failures_cost_nothing_and_later_ones_twice_as_much_each) {
  LoginBackoff backoff;
  std::int64_t now = 1'000'000;
  for (int i = 1; i < LoginBackoff::free_failures; ++i) backoff.failed("alice", now);
  EXPECT_EQ(backoff.wait_ms("alice", now), 0);
  backoff.failed("alice", now);
  EXPECT_EQ(backoff.wait_ms("alice", now), 1000);
  backoff.failed("alice", now);
  EXPECT_EQ(backoff.wait_ms("alice", now), 2000);
  EXPECT_EQ(backoff.wait_ms("alice", now + 2000), 0);
  for (int i = 0; i < 30; ++i) backoff.failed("alice", now);
  EXPECT_EQ(backoff.wait_ms("alice", now), LoginBackoff::wait_max_ms);
  EXPECT_EQ(backoff.wait_ms("bob", now), 0);
}

TEST(LoginBackoff, success_and_time_forgive) {
  LoginBackoff backoff;
  for (int i = 0; i < 8; ++i) backoff.failed("alice", 0);
  backoff.succeeded("alice");
  EXPECT_EQ(backoff.wait_ms("alice", 0), 0);
  for (int i = 0; i < 8; ++i) backoff.failed("bob", 0);
  std::int64_t later = 3 * LoginBackoff::wait_max_ms;
  backoff.failed("bob", later);
  EXPECT_EQ(backoff.wait_ms("bob", later), 0);
}

}  // namespace
}  // namespace aiim
