#include "histogram.h"

#include <gtest/gtest.h>

namespace aiim::bench {

TEST(Histogram, an_empty_one_answers_zero) {
  Histogram h;
  EXPECT_EQ(h.percentile(50), 0);
  EXPECT_EQ(h.max(), 0);
}

TEST(Histogram, small_values_are_exact) {
  Histogram h;
  for (int i = 1; i <= 100; i++) h.record(i);
  EXPECT_EQ(h.percentile(50), 50);
  EXPECT_EQ(h.percentile(99), 99);
  EXPECT_EQ(h.percentile(100), 100);
}

TEST(Histogram, every_percentile_is_at_most_one_percent_too_high_and_never_too_low) {
  for (int64_t scale : {1'000LL, 1'000'000LL, 1'000'000'000LL}) {
    Histogram h;
    for (int64_t i = 1; i <= 1000; i++) h.record(i * scale / 1000 + scale);
    for (int p : {1, 25, 50, 90, 99}) {
      int64_t exact = static_cast<int64_t>(p) * 10 * scale / 1000 + scale;
      EXPECT_GE(h.percentile(p), exact);
      EXPECT_LE(static_cast<double>(h.percentile(p)), static_cast<double>(exact) * 1.01);
    }
  }
}

TEST(Histogram, one_slow_value_is_the_maximum_and_not_the_median) {
  Histogram h;
  for (int i = 0; i < 999; i++) h.record(1000);
  h.record(5'000'000);
  EXPECT_LE(h.percentile(50), 1010);
  EXPECT_LE(h.percentile(99.9), 1010);
  EXPECT_EQ(h.percentile(100), 5'000'000);
  EXPECT_EQ(h.max(), 5'000'000);
}

TEST(Histogram, values_beyond_the_range_land_in_the_last_bucket) {
  Histogram h;
  h.record(int64_t{1} << 50);
  h.record(-5);
  EXPECT_EQ(h.count(), 2u);
  EXPECT_EQ(h.max(), int64_t{1} << 50);
  EXPECT_EQ(h.percentile(1), 0);
}

TEST(Histogram, merging_adds_the_counts) {
  Histogram a, b;
  a.record(10);
  b.record(20);
  a.merge(b);
  EXPECT_EQ(a.count(), 2u);
  EXPECT_EQ(a.percentile(100), 20);
  a.clear();
  EXPECT_EQ(a.count(), 0u);
}

}  // namespace aiim::bench
