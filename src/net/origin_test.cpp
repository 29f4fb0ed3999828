#include "net/origin.h"

#include <gtest/gtest.h>

#include <vector>

namespace aiim {
namespace {

TEST(Origin, only_the_page_of_this_server_by_default) {
  std::vector<std::string> none;
  EXPECT_TRUE(origin_allowed("http://chat.example:8083", "chat.example:8083", none));
  EXPECT_TRUE(origin_allowed("https://chat.example", "chat.example", none));
  EXPECT_TRUE(origin_allowed("https://chat.example", "Chat.Example:443", none));
  EXPECT_TRUE(origin_allowed("", "chat.example", none)) << "not a browser";
  EXPECT_FALSE(origin_allowed("https://evil.example", "chat.example", none));
  EXPECT_FALSE(origin_allowed("https://chat.example:444", "chat.example", none));
  EXPECT_FALSE(origin_allowed("https://chat.example.evil.example", "chat.example", none));
  EXPECT_FALSE(origin_allowed("null", "chat.example", none));
  EXPECT_FALSE(origin_allowed("null", "", none));
}

TEST(Origin, those_that_the_settings_name) {
  std::vector<std::string> two{"https://app.example", "http://localhost:5173/"};
  EXPECT_TRUE(origin_allowed("https://app.example", "api.example", two));
  EXPECT_TRUE(origin_allowed("https://APP.example:443", "api.example", two));
  EXPECT_TRUE(origin_allowed("http://localhost:5173", "api.example", two));
  EXPECT_FALSE(origin_allowed("http://app.example", "api.example", two)) << "another scheme";
  EXPECT_FALSE(origin_allowed("https://app.example:8443", "api.example", two));
}

TEST(Origin, a_star_allows_every_page) {
  std::vector<std::string> all{"*"};
  EXPECT_TRUE(origin_allowed("https://anything.example", "api.example", all));
  EXPECT_TRUE(origin_allowed("null", "api.example", all));
}

}  // namespace
}  // namespace aiim
