#include "core/ip_range.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

TEST(IpRange, contains_what_shares_its_prefix) {
  struct Case {
    const char* range;
    const char* inside;
    const char* outside;
  };
  for (auto [range, inside, outside] :
       {Case{"10.0.0.0/8", "10.255.255.255", "11.0.0.0"}, Case{"10.1.2.3", "10.1.2.3", "10.1.2.2"},
        Case{"192.168.4.0/22", "192.168.7.255", "192.168.8.0"}, Case{"172.16.0.0/12", "172.31.0.1", "172.32.0.0"},
        Case{"10.0.0.128/25", "10.0.0.200", "10.0.0.127"}, Case{"0.0.0.0/0", "8.8.8.8", "::1"},
        Case{"::/0", "2001:db8::1", "8.8.8.8"}, Case{"2001:db8::/32", "2001:db8:ffff::", "2001:db9::"},
        Case{"2001:db8::1", "2001:db8::1", "2001:db8::2"}, Case{"2001:db8::/61", "2001:db8:0:7::1", "2001:db8:0:8::"},
        Case{"::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0"},
        Case{"10.0.0.0/8", "::ffff:10.1.1.1", "::ffff:11.1.1.1"}}) {
    auto parsed = parse_ip_range(range);
    ASSERT_TRUE(parsed) << range;
    EXPECT_TRUE(parsed->contains(*parse_ip(inside))) << range << " " << inside;
    EXPECT_FALSE(parsed->contains(*parse_ip(outside))) << range << " " << outside;
  }
}

TEST(IpRange, malformed_ones_are_refused) {
  for (const char* bad :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10.0.0/8", "::/129",
        "2001:db8::1/32", "example.org", "10.0.0.256", "fe80::1%eth0", "::ffff:10.0.0.0/95", "/8", "10.0.0.0/ 8"}) {
    EXPECT_FALSE(parse_ip_range(bad)) << bad;
  }
}

TEST(IpRanges, are_lists_and_name_what_is_wrong) {
  auto list = parse_ip_ranges("10.0.0.0/8, 192.168.1.1,,::1");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->size(), 3u);
  EXPECT_TRUE(contains(*list, *parse_ip("::1")));
  EXPECT_FALSE(contains(*list, *parse_ip("192.168.1.2")));
  auto bad = parse_ip_ranges("10.0.0.0/8,10.0.0.1/8");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().detail.find("\"10.0.0.1/8\""), std::string::npos);
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "10.0.0.1,";
  EXPECT_FALSE(parse_ip_ranges(many));
}

}  // namespace
}  // namespace aiim
