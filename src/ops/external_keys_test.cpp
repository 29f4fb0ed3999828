// A real server publishes real keys; the clock alone is ours.
#include "ops/external_keys.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>

#include "base/crypto.h"
#include "outbound/test_server.h"

namespace aiim {
namespace {

std::string fresh_jwk(const std::string& kid) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  unsigned char raw[32];
  std::size_t bytes = sizeof raw;
  EVP_PKEY_get_raw_public_key(key, raw, &bytes);
  EVP_PKEY_free(key);
  return R"({"kty":"OKP","crv":"Ed25519","kid":")" + kid + R"(","x":")" +
         base64url({reinterpret_cast<char*>(raw), sizeof raw}) + "\"}";
}

/// Keys with these ids on a server, and what asks for them.
class ExternalKeysTest : public testing::Test {
 protected:
  void publish(std::initializer_list<std::string> kids) {
    std::string list;
    for (const auto& kid : kids) list += (list.empty() ? "" : ",") + fresh_jwk(kid);
    std::lock_guard lock(mutex_);
    keys_ = TestServer::ok(R"({"keys":[)" + list + "]}", headers_);
  }
  void serve(std::string answer) {
    std::lock_guard lock(mutex_);
    keys_ = std::move(answer);
  }
  std::string answer(const std::string& head) {
    std::lock_guard lock(mutex_);
    return head.starts_with("GET /.well-known/openid-configuration ") ? configuration_ : keys_;
  }
  Result<std::vector<JwtKey>> find(ExternalKeys& keys, const std::string& kid) {
    std::optional<Result<std::vector<JwtKey>>> found;
    io_.restart();
    boost::asio::co_spawn(io_, keys.find(JwtAlgorithm::EdDSA, kid),
                          [&](std::exception_ptr, auto result) { found = std::move(result); });
    auto keep_running = boost::asio::make_work_guard(io_);
    while (!found) io_.run_one();
    return std::move(*found);
  }
  ExternalKeys::Source by_url() { return {server_.url("/keys"), "", false}; }

  std::mutex mutex_;
  std::string headers_ = "Cache-Control: max-age=300\r\n";
  std::string keys_ = TestServer::ok(R"({"keys":[]})");
  std::string configuration_;
  TestServer server_{[this](const std::string& head) { return answer(head); }};
  ManualClock clock_{Time{1'800'000'000'000}};
  boost::asio::io_context io_;  // ends after the client, whose thread answers through it
  HttpClient http_{HttpClient::Options{}};
};

TEST_F(ExternalKeysTest, keys_are_fetched_once_and_kept_while_they_are_fresh) {
  publish({"a", "b"});
  ExternalKeys keys(http_, clock_, by_url());
  EXPECT_TRUE(find(keys, "a"));
  EXPECT_TRUE(find(keys, "b"));
  EXPECT_EQ(find(keys, "")->size(), 2u);
  EXPECT_EQ(server_.requests(), 1);
  clock_.advance(299'000);
  EXPECT_GT(keys.fetch_if_due(), 0);
  EXPECT_EQ(server_.requests(), 1);
  clock_.advance(1'000);
  keys.fetch_if_due();
  EXPECT_TRUE(find(keys, "a"));
  while (server_.requests() < 2) std::this_thread::yield();
}

TEST_F(ExternalKeysTest, an_unknown_key_is_looked_for_once_a_minute) {
  publish({"a"});
  ExternalKeys keys(http_, clock_, by_url());
  ASSERT_TRUE(find(keys, "a"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(find(keys, "unknown").error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(server_.requests(), 2);
  publish({"b"});
  EXPECT_FALSE(find(keys, "b"));
  clock_.advance(60'000);
  EXPECT_TRUE(find(keys, "b"));
  EXPECT_FALSE(find(keys, "a")) << "a key that is no longer published is dropped";
  EXPECT_EQ(server_.requests(), 3);
}

TEST_F(ExternalKeysTest, failures_keep_the_last_good_set_for_a_day) {
  publish({"a"});
  ExternalKeys keys(http_, clock_, by_url());
  ASSERT_TRUE(find(keys, "a"));
  for (const std::string& broken :
       {std::string("HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), TestServer::ok("no json"),
        TestServer::ok("{}"), TestServer::ok(std::string(300'000, ' '))}) {
    serve(broken);
    clock_.advance(400'000);
    int before = server_.requests();
    keys.fetch_if_due();
    while (server_.requests() == before) std::this_thread::yield();
    EXPECT_FALSE(find(keys, "unknown"));  // waits for the fetch under way
    EXPECT_TRUE(find(keys, "a"));
  }
  clock_.advance(25 * 3'600'000);
  auto gone = find(keys, "a");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::unavailable);
  EXPECT_GT(gone.error().retry_after_ms.value_or(0), 0);
  publish({"a"});
  clock_.advance(60'000);
  EXPECT_TRUE(find(keys, "a"));
}

TEST_F(ExternalKeysTest, discovery_follows_the_issuer_and_nobody_else) {
  publish({"a"});
  std::string issuer = server_.url("/");
  auto configure = [&](const std::string& named, const std::string& uri) {
    std::lock_guard lock(mutex_);
    configuration_ = TestServer::ok(R"({"issuer":")" + named + R"(","jwks_uri":")" + uri + R"(","other":[1]})");
  };
  configure(issuer, server_.url("/keys"));
  ExternalKeys good(http_, clock_, {"", issuer, false});
  EXPECT_TRUE(find(good, "a"));
  configure("https://somebody.else/", server_.url("/keys"));
  ExternalKeys other(http_, clock_, {"", issuer, false});
  EXPECT_EQ(find(other, "a").error().code, ErrorCode::unavailable);
  configure(issuer, "http://keys.example/keys");
  ExternalKeys plain(http_, clock_, {"", issuer, false});
  EXPECT_EQ(find(plain, "a").error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace aiim
