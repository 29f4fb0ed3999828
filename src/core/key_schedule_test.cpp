#include "core/key_schedule.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

using S = KeySchedule;
constexpr Time start{1'000'000'000'000};

TEST(KeySchedule, freshness_is_what_the_server_says_within_bounds) {
  struct Case {
    std::optional<std::int64_t> said_s;
    std::int64_t fresh_ms;
  };
  for (auto [said_s, fresh_ms] :
       {Case{std::nullopt, S::fresh_default_ms}, Case{0, S::fresh_min_ms}, Case{59, S::fresh_min_ms},
        Case{300, 300'000}, Case{10'000'000'000, S::fresh_max_ms}}) {
    S schedule;
    EXPECT_TRUE(schedule.due(start));
    EXPECT_FALSE(schedule.believed(start));
    schedule.succeeded(start, said_s);
    EXPECT_FALSE(schedule.due(start + (fresh_ms - 1)));
    EXPECT_TRUE(schedule.due(start + fresh_ms));
  }
}

TEST(KeySchedule, an_unknown_key_asks_once_a_minute) {
  S schedule;
  schedule.succeeded(start, 3600);
  EXPECT_TRUE(schedule.may_ask_for_unknown(start));
  schedule.asked_for_unknown(start);
  EXPECT_FALSE(schedule.may_ask_for_unknown(start + (S::unknown_wait_ms - 1)));
  schedule.succeeded(start + 10, 3600);  // a good fetch does not open the door again
  EXPECT_FALSE(schedule.may_ask_for_unknown(start + (S::unknown_wait_ms - 1)));
  EXPECT_TRUE(schedule.may_ask_for_unknown(start + S::unknown_wait_ms));
}

TEST(KeySchedule, failures_are_tried_again_ever_more_slowly_and_the_last_good_set_counts_for_a_day) {
  S schedule;
  schedule.succeeded(start, 300);
  Time now = start + 300'000;
  std::int64_t last_ms = 0;
  for (int i = 0; i < 20; ++i) {
    schedule.failed(now);
    auto wait_ms = schedule.next() - now;
    EXPECT_GE(wait_ms, std::max(last_ms, S::retry_min_ms));
    EXPECT_LE(wait_ms, S::retry_max_ms);
    last_ms = wait_ms;
    now = schedule.next();
  }
  EXPECT_EQ(last_ms, S::retry_max_ms);
  EXPECT_TRUE(schedule.believed(start + (300'000 + S::outage_max_ms - 1)));
  EXPECT_FALSE(schedule.believed(start + (300'000 + S::outage_max_ms)));
  schedule.succeeded(now, 300);
  schedule.failed(now);
  EXPECT_EQ(schedule.next() - now, S::retry_min_ms);
}

TEST(FreshSeconds, reads_cache_control) {
  EXPECT_EQ(fresh_seconds("", ""), std::nullopt);
  EXPECT_EQ(fresh_seconds("public", ""), std::nullopt);
  EXPECT_EQ(fresh_seconds("public, max-age=300, must-revalidate", ""), 300);
  EXPECT_EQ(fresh_seconds("Max-Age = \"300\"", ""), 300);
  EXPECT_EQ(fresh_seconds("max-age=300", "100"), 200);
  EXPECT_EQ(fresh_seconds("max-age=300", "1000"), 0);
  EXPECT_EQ(fresh_seconds("max-age=300, no-store", ""), 0);
  EXPECT_EQ(fresh_seconds("no-cache, max-age=300", ""), 0);
  EXPECT_EQ(fresh_seconds("max-age=99999999999999999999", ""), 2'147'483'648);
  EXPECT_EQ(fresh_seconds("max-age=-5", ""), std::nullopt);
  EXPECT_EQ(fresh_seconds("max-age=5x", ""), std::nullopt);
  EXPECT_EQ(fresh_seconds("max-age", ""), std::nullopt);
  EXPECT_EQ(fresh_seconds("s-maxage=9,,", ""), std::nullopt);
}

}  // namespace
}  // namespace aiim
