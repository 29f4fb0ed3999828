#include "net/wheel.h"

#include <gtest/gtest.h>

#include <map>

namespace aiim {
namespace {

TEST(Wheel, entries_come_out_in_the_second_they_are_due) {
  Wheel wheel(1000);
  wheel.add({1, 1}, 1003);
  wheel.add({2, 1}, 1025);
  wheel.add({3, 1}, 1003);
  std::multimap<std::uint32_t, std::uint32_t> out;
  for (std::uint32_t now = 1001; now <= 1030; ++now) {
    wheel.advance(now, [&](SessionRef ref, std::uint32_t due) {
      EXPECT_EQ(due, now);
      out.emplace(due, ref.index);
    });
  }
  EXPECT_EQ(out, (std::multimap<std::uint32_t, std::uint32_t>{{1003, 1}, {1003, 3}, {1025, 2}}));
}

TEST(Wheel, what_is_already_due_comes_out_next_and_what_is_far_away_at_the_horizon) {
  Wheel wheel(1000);
  EXPECT_EQ(wheel.add({1, 1}, 900), 1001u);
  EXPECT_EQ(wheel.add({2, 1}, 100000), 1127u);
}

TEST(Wheel, a_late_tick_brings_out_everything_in_between_and_a_visit_may_add) {
  Wheel wheel(1000);
  wheel.add({1, 1}, 1002);
  wheel.add({2, 1}, 1100);
  std::vector<std::uint32_t> out;
  wheel.advance(1110, [&](SessionRef ref, std::uint32_t due) {
    out.push_back(due);
    if (ref.index == 1 && due < 1010) wheel.add(ref, due + 5);
  });
  EXPECT_EQ(out, (std::vector<std::uint32_t>{1002, 1007, 1012, 1100}));
}

}  // namespace
}  // namespace aiim
