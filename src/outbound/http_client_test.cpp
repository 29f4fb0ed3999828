#include "outbound/http_client.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>

#include "outbound/test_server.h"

namespace aiim {
namespace {

Result<OutboundReply> ask(HttpClient& client, OutboundRequest request) {
  std::promise<Result<OutboundReply>> promise;
  auto result = promise.get_future();
  client.start(std::move(request), [&](Result<OutboundReply> reply) { promise.set_value(std::move(reply)); });
  return result.get();
}

OutboundRequest get(const std::string& url) {
  OutboundRequest request;
  request.url = url;
  return request;
}

TEST(HttpClient, brings_status_headers_and_body) {
  TestServer server([](const std::string& head) { return TestServer::ok(head, "X-One: a b \r\nX-One: c\r\n"); });
  HttpClient client({});
  OutboundRequest request = get(server.url("/path?q=1"));
  request.method = "PUT";
  request.headers = {"X-Mine: yes"};
  auto reply = ask(client, std::move(request));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("x-one"), "a b");
  EXPECT_EQ(reply->body.rfind("PUT /path?q=1 HTTP/1.1\r\n", 0), 0u) << reply->body;
  EXPECT_NE(reply->body.find("X-Mine: yes\r\n"), std::string::npos);
  EXPECT_EQ(reply->body.find("Expect"), std::string::npos);
}

TEST(HttpClient, redirects_are_answers) {
  TestServer server([](const std::string&) {
    return std::optional<std::string>(
        "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
  });
  HttpClient client({});
  auto reply = ask(client, get(server.url("/")));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(server.requests(), 1);
}

TEST(HttpClient, too_large_an_answer_is_refused) {
  TestServer server([](const std::string&) { return TestServer::ok(std::string(5000, 'x')); });
  HttpClient client({});
  OutboundRequest request = get(server.url("/"));
  request.body_bytes_max = 4999;
  auto reply = ask(client, std::move(request));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::too_large);
  TestServer wordy([](const std::string&) { return TestServer::ok("", "X: " + std::string(20'000, 'x') + "\r\n"); });
  reply = ask(client, get(wordy.url("/")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::too_large);
}

TEST(HttpClient, a_server_that_does_not_answer_is_not_waited_for) {
  TestServer server([](const std::string&) { return std::nullopt; });
  HttpClient client({});
  OutboundRequest request = get(server.url("/"));
  request.deadline_ms = 50;
  auto reply = ask(client, std::move(request));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
}

TEST(HttpClient, bodies_of_success_are_streamed_and_others_collected) {
  TestServer server([](const std::string& head) {
    std::string answer = TestServer::ok("some text");
    return head.starts_with("GET /bad") ? answer.replace(9, 3, "500") : answer;
  });
  HttpClient client({});
  std::string streamed;
  for (const char* path : {"/good", "/bad"}) {
    OutboundRequest request = get(server.url(path));
    request.on_body = [&](std::string_view piece) {
      streamed += piece;
      return true;
    };
    auto reply = ask(client, std::move(request));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, reply->status == 500 ? "some text" : "");
  }
  EXPECT_EQ(streamed, "some text");
  OutboundRequest enough = get(server.url("/good"));
  enough.on_body = [](std::string_view) { return false; };
  EXPECT_FALSE(ask(client, std::move(enough)));
}

TEST(HttpClient, cancelling_ends_an_exchange_and_so_does_the_clients_end) {
  TestServer server([](const std::string&) { return std::nullopt; });
  auto client = std::make_unique<HttpClient>(HttpClient::Options{});
  std::promise<ErrorCode> first, second;
  auto number = client->start(get(server.url("/")), [&](auto reply) { first.set_value(reply.error().code); });
  client->cancel(number);
  EXPECT_EQ(first.get_future().get(), ErrorCode::unavailable);
  client->start(get(server.url("/")), [&](auto reply) { second.set_value(reply.error().code); });
  client.reset();
  EXPECT_EQ(second.get_future().get(), ErrorCode::unavailable);
}

TEST(HttpClient, above_its_limit_it_refuses) {
  TestServer server([](const std::string&) { return std::nullopt; });
  HttpClient::Options options;
  options.exchanges_max = 1;
  HttpClient client(options);
  client.start(get(server.url("/")), [](auto) {});
  auto reply = ask(client, get(server.url("/")));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, ErrorCode::unavailable);
}

boost::asio::awaitable<void> exchange_into(HttpClient& client, std::string url, std::string& body) {
  OutboundRequest request = get(url);
  auto reply = co_await client.exchange(std::move(request));
  body = reply ? reply->body : reply.error().detail;
}

TEST(HttpClient, a_coroutine_resumes_on_its_own_executor) {
  TestServer server([](const std::string&) { return TestServer::ok("hello"); });
  boost::asio::io_context io;  // outlives the client
  HttpClient client({});
  std::string body;
  boost::asio::co_spawn(io, exchange_into(client, server.url("/"), body), [](std::exception_ptr) {});
  auto keep_running = boost::asio::make_work_guard(io);
  while (body.empty()) io.run_one();
  EXPECT_EQ(body, "hello");
}

TEST(OutboundUrl, is_https_except_to_this_machine_or_where_it_is_said) {
  for (const char* good : {"https://issuer.example/keys", "https://10.0.0.1:8443/", "http://localhost:1/x",
                           "http://127.0.0.1/", "http://127.9.8.7:80/", "http://[::1]:8/x"}) {
    EXPECT_TRUE(check_outbound_url(good, false)) << good;
  }
  for (const char* bad : {"", "issuer.example/keys", "http://issuer.example/keys", "http://127.0.0.1.example/",
                          "ftp://x/", "file:///etc/passwd", "https://user:pass@issuer.example/", "https://",
                          "http://1270.0.0.1/", "https://a b/", "https://x/\r\nA: b"}) {
    EXPECT_FALSE(check_outbound_url(bad, false)) << bad;
  }
  EXPECT_TRUE(check_outbound_url("http://keycloak:8080/keys", true));
  EXPECT_FALSE(check_outbound_url("file:///etc/passwd", true));
}

}  // namespace
}  // namespace aiim
