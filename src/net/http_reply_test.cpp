#include "net/http_reply.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

bool has_line(const std::string& head, std::string_view line) {
  return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

TEST(HttpReply, every_answer_carries_the_security_headers_and_the_request_id) {
  for (int status : {200, 204, 304, 404, 500}) {
    HttpReply reply = json_reply("{}", status);
    ReplyContext context;
    context.request_id = "r-1";
    auto head = reply_head(reply, context);
    EXPECT_TRUE(head.starts_with("HTTP/1.1 " + std::to_string(status) + " "));
    EXPECT_TRUE(has_line(head, "X-Content-Type-Options: nosniff"));
    EXPECT_TRUE(has_line(head, "X-Frame-Options: DENY"));
    EXPECT_TRUE(has_line(head, "X-XSS-Protection: 1; mode=block"));
    EXPECT_TRUE(has_line(head, "Referrer-Policy: no-referrer"));
    EXPECT_TRUE(has_line(head, "X-Request-Id: r-1"));
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  }
}

TEST(HttpReply, the_length_is_the_bodys_where_there_may_be_one) {
  ReplyContext context;
  EXPECT_TRUE(has_line(reply_head(json_reply("{\"a\":1}"), context), "Content-Length: 7"));
  EXPECT_EQ(reply_head(json_reply("", 204), context).find("Content-Length"), std::string::npos);
}

TEST(HttpReply, the_connection_header_says_what_happens_next) {
  ReplyContext context;
  EXPECT_TRUE(has_line(reply_head(json_reply("{}"), context) + "\r\n", "Connection: keep-alive"));
  context.close = true;
  EXPECT_TRUE(has_line(reply_head(json_reply("{}"), context) + "\r\n", "Connection: close"));
}

}  // namespace
}  // namespace aiim
