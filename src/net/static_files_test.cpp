#include "net/static_files.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

StaticFiles two_files() {
  StaticFiles files;
  StaticFile page;
  page.bytes = "<p>hello";
  page.mime = "text/html; charset=utf-8";
  files.add("/index.html", page);
  StaticFile script;
  script.bytes = "script";
  script.gzip = "gz";
  script.br = "br";
  script.mime = "text/javascript";
  script.immutable = true;
  files.add("/app.12ab.js", script);
  return files;
}

FileRequest get(std::string_view path) {
  FileRequest request;
  request.path = path;
  return request;
}

TEST(StaticFiles, a_page_comes_with_a_policy_and_can_be_revalidated) {
  auto files = two_files();
  HttpReply reply;
  ASSERT_TRUE(files.answer(get("/"), reply));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.bytes(), "<p>hello");
  EXPECT_NE(reply.headers.find("Content-Security-Policy: default-src 'none'"), std::string::npos);
  EXPECT_NE(reply.headers.find("Cache-Control: no-cache"), std::string::npos);

  auto etag = reply.headers.substr(reply.headers.find('"'));
  etag = etag.substr(0, etag.find('\r'));
  auto again = get("/");
  again.if_none_match = etag;
  HttpReply unchanged;
  ASSERT_TRUE(files.answer(again, unchanged));
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_TRUE(unchanged.bytes().empty());
}

TEST(StaticFiles, the_best_form_that_the_client_accepts_is_sent) {
  auto files = two_files();
  auto bytes_for = [&](std::string_view accepted) {
    auto request = get("/app.12ab.js");
    request.accept_encoding = accepted;
    HttpReply reply;
    EXPECT_TRUE(files.answer(request, reply));
    EXPECT_NE(reply.headers.find("immutable"), std::string::npos);
    return std::string(reply.bytes());
  };
  EXPECT_EQ(bytes_for("gzip, deflate, br"), "br");
  EXPECT_EQ(bytes_for("gzip"), "gz");
  EXPECT_EQ(bytes_for("br;q=0, gzip;q=0.5"), "gz");
  EXPECT_EQ(bytes_for(""), "script");
}

TEST(StaticFiles, an_etag_names_one_form_of_the_file) {
  auto files = two_files();
  auto etag_for = [&](std::string_view accepted, std::string_view known) {
    auto request = get("/app.12ab.js");
    request.accept_encoding = accepted;
    request.if_none_match = known;
    HttpReply reply;
    EXPECT_TRUE(files.answer(request, reply));
    auto etag = reply.headers.substr(reply.headers.find('"'));
    return std::pair(reply.status, etag.substr(0, etag.find('\r')));
  };
  auto [first_status, br] = etag_for("br", "");
  EXPECT_EQ(first_status, 200);
  EXPECT_EQ(etag_for("br", br).first, 304);
  EXPECT_EQ(etag_for("gzip", br).first, 200);
  EXPECT_EQ(etag_for("", br).first, 200);
}

TEST(StaticFiles, navigation_falls_back_to_the_page_but_files_and_the_API_do_not) {
  auto files = two_files();
  files.set_fallback("/index.html");
  auto found = [&](std::string_view path, std::string_view accept) {
    auto request = get(path);
    request.accept = accept;
    HttpReply reply;
    return files.answer(request, reply);
  };
  EXPECT_TRUE(found("/c/conv_1", "text/html,*/*"));
  EXPECT_FALSE(found("/c/conv_1", "application/json"));
  EXPECT_FALSE(found("/missing.js", "text/html"));
  EXPECT_FALSE(found("/api/unknown", "text/html"));
}

}  // namespace
}  // namespace aiim
