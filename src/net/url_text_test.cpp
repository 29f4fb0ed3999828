#include "net/url_text.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

TEST(UrlText, percent_encoded_UTF_8_is_decoded) {
  EXPECT_EQ(*percent_decode("a%2Fb%20c+d"), "a/b c+d");
  EXPECT_EQ(*percent_decode("%F0%9F%91%8d"), "👍");
  EXPECT_EQ(*percent_decode("a+b", true), "a b");
}

TEST(UrlText, what_is_not_percent_encoded_UTF_8_is_refused) {
  for (auto text : {"%", "%2", "%zz", "%-1", "%00", "%ff", "%C0%AF", "%ED%A0%80"}) {
    EXPECT_FALSE(percent_decode(text).has_value()) << text;
  }
}

TEST(UrlText, a_query_becomes_parameters_and_the_path_wins) {
  std::map<std::string, std::string> parameters{{"id", "path"}};
  ASSERT_TRUE(parse_query("limit=5&&cursor=a%3Db&flag&id=query", parameters).has_value());
  EXPECT_EQ(parameters,
            (std::map<std::string, std::string>{{"id", "path"}, {"limit", "5"}, {"cursor", "a=b"}, {"flag", ""}}));
}

TEST(UrlText, a_parameter_that_comes_twice_is_refused) {
  std::map<std::string, std::string> parameters;
  EXPECT_FALSE(parse_query("a=1&%61=2", parameters).has_value());
}

TEST(UrlText, too_many_parameters_are_refused) {
  std::string query;
  for (int i = 0; i < 65; ++i) query += "p" + std::to_string(i) + "=1&";
  std::map<std::string, std::string> parameters;
  EXPECT_FALSE(parse_query(query, parameters).has_value());
}

TEST(UrlText, one_parameter_is_found) {
  EXPECT_EQ(query_parameter("a=1&token=x.y.z&b", "token"), "x.y.z");
  EXPECT_EQ(query_parameter("a=1", "token"), "");
}

}  // namespace
}  // namespace aiim
