#include "core/rate_limiter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace aiim {
namespace {

constexpr RateRule ten{10, 5};  // an item each 100 ms, 5 at once
constexpr std::int64_t start = 1'000'000;

TEST(RateLimiter, allows_the_burst_at_once_and_then_the_sustained_rate) {
  RateLimiter limiter;
  for (int i = 0; i < 5; ++i) {
    auto decision = limiter.charge("k", ten, 1, start);
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.retry_after_ms, 0);
    EXPECT_EQ(decision.remaining, 4 - i);
    EXPECT_EQ(decision.reset_ms, 100 * (i + 1));
  }
  auto refused = limiter.charge("k", ten, 1, start);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after_ms, 100);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_EQ(refused.reset_ms, 500);
  EXPECT_FALSE(limiter.charge("k", ten, 1, start + 99).allowed);
  EXPECT_TRUE(limiter.charge("k", ten, 1, start + 100).allowed);
  EXPECT_FALSE(limiter.charge("k", ten, 1, start + 100).allowed);
  EXPECT_TRUE(limiter.charge("k", ten, 1, start + 200).allowed);
}

TEST(RateLimiter, a_refused_charge_conforms_after_exactly_the_time_it_names) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    RateLimiter limiter;
    RateRule rule{0.1 + random() % 1000 / 7.0, 1.0 + random() % 50};
    std::int64_t now = start + random() % 1000;
    auto decision = limiter.charge("k", rule, 1, now);
    while (decision.allowed) decision = limiter.charge("k", rule, 1 + random() % 3, now);
    double cost = 1.0 + random() % 5;
    decision = limiter.charge("k", rule, cost, now);
    if (decision.allowed) continue;
    EXPECT_FALSE(limiter.charge("k", rule, cost, now + decision.retry_after_ms - 1).allowed);
    EXPECT_TRUE(limiter.charge("k", rule, cost, now + decision.retry_after_ms).allowed);
  }
}

TEST(RateLimiter, never_lets_more_through_than_burst_and_rate_allow) {
  std::mt19937 random(11);
  RateLimiter limiter;
  std::deque<std::int64_t> allowed;  // the times of allowed items
  std::int64_t now = start;
  for (int i = 0; i < 100'000; ++i) {
    now += random() % 60;
    if (limiter.charge("k", ten, 1, now).allowed) allowed.push_back(now);
    while (!allowed.empty() && allowed.front() < now - 2'000) allowed.pop_front();
    ASSERT_LE(allowed.size(), 25u);  // 2 s at 10 per second and the burst
  }
}

TEST(RateLimiter, an_idle_key_has_its_whole_burst_again) {
  RateLimiter limiter;
  for (int i = 0; i < 5; ++i) limiter.charge("k", ten, 1, start);
  EXPECT_EQ(limiter.charge("k", ten, 1, start + 500).remaining, 4);
  EXPECT_EQ(limiter.charge("k", ten, 0, start + 100'000).remaining, 5);
}

TEST(RateLimiter, a_refused_charge_changes_nothing) {
  RateLimiter limiter;
  limiter.charge("k", ten, 4, start);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limiter.charge("k", ten, 3, start).allowed);
  auto last = limiter.charge("k", ten, 1, start);
  EXPECT_TRUE(last.allowed);
  EXPECT_EQ(last.remaining, 0);
}

TEST(RateLimiter, a_cost_above_the_burst_is_charged_as_the_burst) {
  RateLimiter limiter;
  auto decision = limiter.charge("k", ten, 100, start);
  EXPECT_TRUE(decision.allowed);
  EXPECT_EQ(decision.remaining, 0);
  decision = limiter.charge("k", ten, 100, start);
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.retry_after_ms, 500);
  EXPECT_TRUE(limiter.charge("k", ten, 100, start + 500).allowed);
}

TEST(RateLimiter, a_burst_below_one_is_one) {
  RateLimiter limiter;
  EXPECT_TRUE(limiter.charge("k", {10, 0}, 1, start).allowed);
  EXPECT_FALSE(limiter.charge("k", {10, 0}, 1, start).allowed);
  EXPECT_TRUE(limiter.charge("k", {10, 0}, 1, start + 100).allowed);
}

TEST(RateLimiter, a_rate_of_zero_is_unlimited_and_keeps_no_key) {
  RateLimiter limiter;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limiter.charge("k", {0, 0}, 1, start).allowed);
  EXPECT_EQ(limiter.keys(), 0u);
}

TEST(RateLimiter, keys_are_charged_apart) {
  RateLimiter limiter;
  EXPECT_TRUE(limiter.charge("a", ten, 5, start).allowed);
  EXPECT_TRUE(limiter.charge("b", ten, 5, start).allowed);
  EXPECT_FALSE(limiter.charge("a", ten, 1, start).allowed);
}

TEST(RateLimiter, asking_with_cost_zero_keeps_no_key) {
  RateLimiter limiter;
  EXPECT_EQ(limiter.charge("k", ten, 0, start).remaining, 5);
  EXPECT_EQ(limiter.keys(), 0u);
}

TEST(RateLimiter, a_clock_that_steps_back_neither_frees_nor_breaks_a_key) {
  RateLimiter limiter;
  limiter.charge("k", ten, 5, start);
  auto decision = limiter.charge("k", ten, 1, start - 50);
  EXPECT_FALSE(decision.allowed);
  EXPECT_GE(decision.remaining, 0);
  EXPECT_TRUE(limiter.charge("k", ten, 1, start + 100).allowed);
}

TEST(RateLimiter, never_holds_more_keys_than_its_limit) {
  for (std::size_t keys_max : {1, 2, 63, 64, 1000, 10'000}) {
    RateLimiter limiter(keys_max);
    for (int i = 0; i < 30'000; ++i) {
      limiter.charge("key " + std::to_string(i), {1, 1000}, 1 + i % 5, start + i / 100);
      if (i % 1000 == 0) {
        ASSERT_LE(limiter.keys(), keys_max);
      }
    }
    EXPECT_LE(limiter.keys(), keys_max);
    EXPECT_GT(limiter.keys(), keys_max / 2);
  }
}

TEST(RateLimiter, a_full_table_forgets_keys_that_have_run_out_before_any_other) {
  RateLimiter limiter(20);
  for (int i = 0; i < 10; ++i) limiter.charge("slow " + std::to_string(i), {0.01, 1}, 1, start);
  for (int i = 0; i < 10; ++i) limiter.charge("quick " + std::to_string(i), ten, 1, start);
  for (int i = 0; i < 1000; ++i) {
    limiter.charge("other " + std::to_string(i), ten, 1, start + 101 * (i / 10 + 1));
    ASSERT_LE(limiter.keys(), 20u);
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(limiter.charge("slow " + std::to_string(i), {0.01, 1}, 1, start + 20'000).allowed) << i;
  }
}

TEST(RateLimiter, a_full_table_of_live_keys_forgets_the_one_charged_longest_ago) {
  RateLimiter limiter(3);
  RateRule slow{0.01, 1};
  for (const char* key : {"a", "b", "c"}) limiter.charge(key, slow, 1, start);
  EXPECT_FALSE(limiter.charge("a", slow, 1, start).allowed);  // "b" is now the oldest
  limiter.charge("d", slow, 1, start);
  EXPECT_FALSE(limiter.charge("a", slow, 1, start).allowed);
  EXPECT_FALSE(limiter.charge("c", slow, 1, start).allowed);
  EXPECT_FALSE(limiter.charge("d", slow, 1, start).allowed);
  EXPECT_TRUE(limiter.charge("b", slow, 1, start).allowed);
}

TEST(RateLimiter, above_a_quarter_of_the_limit_keys_out_of_use_go_as_new_ones_come) {
  RateLimiter limiter(20'000);
  for (int i = 0; i < 10'000; ++i) limiter.charge("a" + std::to_string(i), ten, 1, start);
  EXPECT_EQ(limiter.keys(), 10'000u);
  for (int i = 0; i < 10'000; ++i) limiter.charge("b" + std::to_string(i), ten, 1, start + 1000 + i);
  EXPECT_LT(limiter.keys(), 5'500u);
}

TEST(RateLimiter, threads_together_get_what_one_would) {
  RateLimiter limiter(1000);
  constexpr int thread_count = 4, rounds = 20'000;
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        allowed += limiter.charge("shared", {10, 500}, 1, start).allowed;
        limiter.charge(std::to_string(t) + " " + std::to_string(i % 300), ten, 1, start + i / 100);
        if (i % 1000 == 0) {
          EXPECT_LE(limiter.keys(), 1000u);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(allowed, 500);
}

}  // namespace
}  // namespace aiim
