#include "net/router.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

using What = Router::Match::What;

Router table() {
  Router router;
  int target = 0;
  for (auto pattern :
       {"POST /api/aiim/messages", "GET /api/aiim/messages/{conversation_id}", "POST /api/aiim/messages/stream",
        "GET /api/aiim/messages/{conversation_id}/{message_id}",
        "PATCH /api/aiim/messages/{conversation_id}/{message_id}", "GET /api/aiim/users/me", "GET /api/aiim/users/{id}",
        "GET /api/aiim/calls/ice-configuration", "POST /api/aiim/calls/{call_id}/accept",
        "PUT /api/aiim/messages/{conversation_id}/{message_id}/reactions/{emoji}", "GET /health"}) {
    router.add(pattern, target++);
  }
  return router;
}

TEST(Router, names_the_parameters_of_a_path_without_decoding_them) {
  auto router = table();
  auto match = router.find("PUT", "/api/aiim/messages/conv_1/msg%2F2/reactions/%F0%9F%91%8D");
  ASSERT_EQ(match.what, What::found);
  EXPECT_EQ(match.target, 9);
  EXPECT_EQ(match.pattern, "/api/aiim/messages/{conversation_id}/{message_id}/reactions/{emoji}");
  ASSERT_EQ(*match.names, (std::vector<std::string>{"conversation_id", "message_id", "emoji"}));
  EXPECT_EQ(match.values[0], "conv_1");
  EXPECT_EQ(match.values[1], "msg%2F2");
  EXPECT_EQ(match.values[2], "%F0%9F%91%8D");
}

TEST(Router, a_literal_segment_wins_over_a_parameter) {
  auto router = table();
  EXPECT_EQ(router.find("POST", "/api/aiim/messages/stream").target, 2);
  EXPECT_EQ(router.find("GET", "/api/aiim/users/me").target, 5);
  EXPECT_EQ(router.find("GET", "/api/aiim/users/someone").target, 6);
  EXPECT_EQ(router.find("GET", "/api/aiim/calls/ice-configuration").target, 7);
}

TEST(Router, a_literal_that_leads_nowhere_gives_way_to_the_parameter) {
  auto router = table();
  auto match = router.find("POST", "/api/aiim/calls/ice-configuration/accept");
  ASSERT_EQ(match.what, What::found);
  EXPECT_EQ(match.target, 8);
  EXPECT_EQ(match.values[0], "ice-configuration");
}

TEST(Router, a_path_without_the_method_says_what_it_offers) {
  auto router = table();
  auto match = router.find("DELETE", "/api/aiim/messages/c/m");
  EXPECT_EQ(match.what, What::no_method);
  EXPECT_EQ(match.allow, "OPTIONS, GET, HEAD, PATCH");
}

TEST(Router, HEAD_is_served_where_GET_is) {
  auto router = table();
  EXPECT_EQ(router.find("HEAD", "/health").target, 10);
  EXPECT_EQ(router.find("HEAD", "/api/aiim/messages").what, What::no_method);
}

TEST(Router, what_only_looks_like_a_known_path_is_unknown) {
  auto router = table();
  for (auto path : {"", "/", "//", "/health/", "/HEALTH", "health", "/api/aiim/messages/", "/api/aiim/messages//m",
                    "/api/aiim//messages", "/api/aiim/messages/a/b/c", "/api/aiim/users/{id}/x"}) {
    EXPECT_EQ(router.find("GET", path).what, What::no_path) << path;
  }
}

}  // namespace
}  // namespace aiim
