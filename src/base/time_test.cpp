#include "base/time.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

TEST(TimeText, is_refused_outside_of_the_years_that_four_digits_write) {
  EXPECT_EQ(to_rfc3339(*parse_time("0000-01-01T00:00:00Z")), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(*parse_time("9999-12-31T23:59:59.999Z")), "9999-12-31T23:59:59.999Z");
  EXPECT_FALSE(parse_time("0000-01-01T00:00:00+00:01"));
  EXPECT_FALSE(parse_time("9999-12-31T23:59:59-00:01"));
  EXPECT_FALSE(parse_time("9999-12-31T23:59:60Z"));
}

TEST(TimeText, takes_offsets_of_less_than_a_day) {
  EXPECT_EQ(to_rfc3339(*parse_time("2026-11-23T05:40:35+23:59")), "2026-11-22T05:41:35.000Z");
  for (const char* bad : {"2026-11-23T05:40:35+24:00", "2026-11-23T05:40:35+99:00", "2026-11-23T05:40:35+05:60",
                          "2026-11-23T05:40:35+5:30", "2026-11-23T05:40:35+05:3", "2026-11-23T05:40:35+-5:30"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

}  // namespace
}  // namespace aiim
