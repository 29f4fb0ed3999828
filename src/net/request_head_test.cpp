#include "net/request_head.h"

#include <gtest/gtest.h>

#include <string>

namespace aiim {
namespace {

bool sound(std::string_view head) { return check_request_head(head).has_value(); }

TEST(RequestHead, ordinary_requests_pass) {
  EXPECT_TRUE(sound("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"));
  EXPECT_TRUE(sound("GET /a?b=%20 HTTP/1.1\r\nHost: [::1]:8083\r\nX-Empty:\r\nA: \tb \r\n\r\n"));
  EXPECT_TRUE(sound("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n"));
  EXPECT_TRUE(sound("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"));
  EXPECT_TRUE(sound("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(sound("GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_TRUE(sound("GET / HTTP/1.0\r\n\r\n"));
}

TEST(RequestHead, what_lets_two_readers_see_two_requests_is_refused) {
  for (std::string_view fields : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked, identity\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding\t: chunked\r\n",
           "X: a\r\n folded\r\n",
           "X: a\r\n\tfolded\r\n",
           " X: leading\r\n",
           "X: a\rb\r\n",
           "No colon\r\n",
           ": no name\r\n",
           "Na me: x\r\n",
           "X: \x01\r\n",
           "Host: b\r\n",
           "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n",
       }) {
    EXPECT_FALSE(sound("POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n")) << fields;
  }
  EXPECT_FALSE(sound(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 35)));
}

TEST(RequestHead, chunks_are_not_for_HTTP_1_0) {
  EXPECT_FALSE(sound("POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

TEST(RequestHead, exactly_one_sound_host_is_required) {
  EXPECT_FALSE(sound("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(sound("GET / HTTP/1.1\r\nHost:\r\n\r\n"));
  EXPECT_FALSE(sound("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"));
  EXPECT_FALSE(sound("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"));
  EXPECT_FALSE(sound("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"));
}

TEST(RequestHead, bad_request_lines_are_refused) {
  for (std::string_view line :
       {"GET /", "GET  / HTTP/1.1", "GET / HTTP/1.2", "GET / HTTP/2.0", "GET / http/1.1", "GET / HTTP/1.1 ",
        "GET x HTTP/1.1", "GET * HTTP/1.1", "CONNECT a:80 HTTP/1.1", "GET /a b HTTP/1.1", "GET /a#b HTTP/1.1",
        "GET /\xc3\xa4 HTTP/1.1", "GET /\x01 HTTP/1.1", "G(T / HTTP/1.1", "GET ftp://a/b HTTP/1.1",
        "GET http:///b HTTP/1.1", " GET / HTTP/1.1", "/ HTTP/1.1"}) {
    EXPECT_FALSE(sound(std::string(line) + "\r\nHost: a\r\n\r\n")) << line;
  }
}

TEST(RequestHead, its_end_is_found_however_the_bytes_arrive) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nnext";
  const std::size_t head = text.size() - 4;
  std::size_t searched = 0;
  for (std::size_t have = 1; have < head; ++have) {
    auto found = find_request_head(std::string_view(text).substr(0, have), searched);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(*found, 0u) << have;
    searched = have;
  }
  EXPECT_EQ(*find_request_head(text, searched), head);
  EXPECT_EQ(*find_request_head(text), head);
}

TEST(RequestHead, what_can_never_become_a_request_is_refused_at_once) {
  EXPECT_FALSE(find_request_head("GET / HTTP/1.1\n").has_value());
  EXPECT_FALSE(find_request_head("\x16\x03\x01").has_value());
  EXPECT_FALSE(find_request_head(" GET").has_value());
}

TEST(RequestHead, the_authority_of_an_absolute_target_is_dropped) {
  EXPECT_EQ(origin_form("/a?b"), "/a?b");
  EXPECT_EQ(origin_form("http://host:80/a?b"), "/a?b");
  EXPECT_EQ(origin_form("HTTPS://host"), "/");
  EXPECT_EQ(origin_form("*"), "*");
  EXPECT_EQ(origin_form("host:80"), "");
}

}  // namespace
}  // namespace aiim
