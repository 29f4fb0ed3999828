#include "core/login_backoff.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

constexpr int account_free = LoginBackoff::account_failures_free, address_free = LoginBackoff::address_failures_free;

std::string numbered(const char* name, int i) { return name + std::to_string(i); }

TEST(LoginBackoff, an_accounts_first_failures_cost_nothing_and_later_ones_twice_as_much_each) {
  LoginBackoff backoff;
  std::int64_t now = 1'000'000;
  for (int i = 0; i < account_free; ++i) EXPECT_EQ(backoff.attempt("alice", numbered("address", i), now), 0);
  EXPECT_EQ(backoff.attempt("alice", "another", now), 1000);
  EXPECT_EQ(backoff.attempt("alice", "another", now + 999), 1) << "asking too early costs nothing";
  EXPECT_EQ(backoff.attempt("alice", "another", now + 1000), 0);
  EXPECT_EQ(backoff.attempt("alice", "another", now + 1000), 2000);
  now += 1000;
  EXPECT_EQ(backoff.attempt("bob", "another", now), 0);
  for (int i = 0; i < 30; ++i) {
    auto wait_ms = backoff.attempt("alice", numbered("later", i), now);
    EXPECT_LE(wait_ms, LoginBackoff::wait_max_ms);
    now += wait_ms;
  }
}

constexpr std::int64_t start = 1'000'000'000;  // the machine has run for a while

TEST(LoginBackoff, an_address_that_tries_many_accounts_must_wait_as_well) {
  LoginBackoff backoff;
  for (int i = 0; i < address_free; ++i) EXPECT_EQ(backoff.attempt(numbered("user", i), "address", start), 0);
  EXPECT_EQ(backoff.attempt("somebody", "address", start), 1000);
  EXPECT_EQ(backoff.attempt("somebody", "elsewhere", start), 0);
}

TEST(LoginBackoff, success_forgives_the_account_and_of_the_address_only_itself) {
  LoginBackoff backoff;
  for (int i = 0; i < account_free; ++i) backoff.attempt("alice", "address", start);
  std::int64_t now = start + 1000;
  EXPECT_EQ(backoff.attempt("alice", "address", now), 0);
  backoff.succeeded("alice", "address");
  EXPECT_EQ(backoff.attempt("alice", "address", now), 0);
  int tries = 0;
  for (; tries < 100; ++tries) {  // guesses at others, with good logins of one's own in between
    if (backoff.attempt(numbered("victim", tries), "address", now) > 0) break;
    if (backoff.attempt("mallory", "address", now) > 0) break;
    backoff.succeeded("mallory", "address");
  }
  EXPECT_LT(tries, address_free);
}

TEST(LoginBackoff, time_forgives) {
  LoginBackoff backoff;
  for (int i = 0; i < account_free; ++i) backoff.attempt("bob", "address", 0);
  std::int64_t later = 3 * LoginBackoff::wait_max_ms;
  EXPECT_EQ(backoff.attempt("bob", "address", later), 0);
  EXPECT_EQ(backoff.attempt("bob", "address", later), 0);
}

}  // namespace
}  // namespace aiim
