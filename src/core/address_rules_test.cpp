#include "core/address_rules.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

AddressRules rules(const char* trusted, const char* allow = "", const char* deny = "") {
  return {*parse_ip_ranges(trusted), *parse_ip_ranges(allow), *parse_ip_ranges(deny)};
}

TEST(ClientAddress, is_found_from_the_right_through_trusted_proxies_only) {
  struct Case {
    const char* peer;
    const char* forwarded;
    const char* address;
  };
  AddressRules r = rules("10.0.0.0/8, 2001:db8:1::/48");
  for (auto [peer, forwarded, address] :
       {Case{"203.0.113.7", "", "203.0.113.7"},
        Case{"203.0.113.7", "198.51.100.1", "203.0.113.7"},         // a stranger's claim
        Case{"10.0.0.1", "", "10.0.0.1"},                           // the proxy itself, a health check
        Case{"10.0.0.1", "198.51.100.1", "198.51.100.1"},           //
        Case{"10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"},  // the client wrote 1.1.1.1
        Case{"10.0.0.1", "10.0.0.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
        Case{"10.0.0.1", "10.3.3.3,10.0.0.2", "10.3.3.3"},        // trusted to the end
        Case{"10.0.0.1", "1.1.1.1,unknown", "10.0.0.1"},          //
        Case{"10.0.0.1", "1.1.1.1, , 10.0.0.2", "10.0.0.2"},      //
        Case{"10.0.0.1", "198.51.100.1:4711", "198.51.100.1"},    //
        Case{"10.0.0.1", "[2001:DB8::1]:4711", "2001:db8::1"},    //
        Case{"10.0.0.1", "[2001:db8::1", "10.0.0.1"},             //
        Case{"2001:db8:1::9", "2001:0db8::0001", "2001:db8::1"},  //
        Case{"10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"}}) {
    EXPECT_EQ(r.client_address(peer, forwarded), address) << peer << " | " << forwarded;
  }
  EXPECT_EQ(rules("").client_address("10.0.0.1", "198.51.100.1"), "10.0.0.1");
}

TEST(AddressLists, deny_wins_and_an_empty_allow_list_lets_everybody_in) {
  EXPECT_TRUE(rules("").admits("203.0.113.7"));
  EXPECT_FALSE(rules("", "", "203.0.113.0/24").admits("203.0.113.7"));
  EXPECT_TRUE(rules("", "", "203.0.113.0/24").admits("198.51.100.1"));
  AddressRules r = rules("", "203.0.113.0/24 2001:db8::/32", "203.0.113.7");
  EXPECT_TRUE(r.admits("203.0.113.8"));
  EXPECT_TRUE(r.admits("2001:db8::1"));
  EXPECT_FALSE(r.admits("203.0.113.7"));
  EXPECT_FALSE(r.admits("198.51.100.1"));
  EXPECT_FALSE(r.admits("nonsense"));
}

TEST(LimitedAddress, is_the_64_of_an_ipv6_subscriber) {
  EXPECT_EQ(limited_address("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(limited_address("2001:db8:1:2:3:4:5:6"), limited_address("2001:db8:1:2::9"));
  EXPECT_NE(limited_address("2001:db8:1:2::1"), limited_address("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace aiim
