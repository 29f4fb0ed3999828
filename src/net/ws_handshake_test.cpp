#include "net/ws_handshake.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

HandshakeRequest good() {
  HandshakeRequest request;
  request.upgrade = "websocket";
  request.connection = "Upgrade";
  request.key = "dGhlIHNhbXBsZSBub25jZQ==";
  request.version = "13";
  return request;
}

TEST(WsHandshake, the_example_of_RFC_6455_is_answered_as_it_says) {
  auto done = accept_handshake(good(), "req_1");
  ASSERT_TRUE(done.has_value());
  EXPECT_TRUE(done->response.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_NE(done->response.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_NE(done->response.find("\r\nX-Request-Id: req_1\r\n"), std::string::npos);
  EXPECT_EQ(done->response.find("Sec-WebSocket-Protocol"), std::string::npos);
  EXPECT_TRUE(done->response.ends_with("\r\n\r\n"));
}

TEST(WsHandshake, header_lists_and_cases_of_real_clients_are_understood) {
  auto request = good();
  request.upgrade = "WebSocket";
  request.connection = "keep-alive, Upgrade";
  EXPECT_TRUE(accept_handshake(request, "r").has_value());
}

TEST(WsHandshake, the_token_rides_behind_the_subprotocol_and_is_not_echoed) {
  auto request = good();
  request.protocols = "bearer, aaa.bbb.ccc";
  auto done = accept_handshake(request, "r");
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->bearer, "aaa.bbb.ccc");
  EXPECT_NE(done->response.find("\r\nSec-WebSocket-Protocol: bearer\r\n"), std::string::npos);
  EXPECT_EQ(done->response.find("aaa"), std::string::npos);
}

TEST(WsHandshake, requests_that_are_no_handshake_are_refused) {
  auto refused = [](auto change) {
    auto request = good();
    change(request);
    return !accept_handshake(request, "r").has_value();
  };
  EXPECT_TRUE(refused([](auto& r) { r.upgrade = ""; }));
  EXPECT_TRUE(refused([](auto& r) { r.upgrade = "h2c"; }));
  EXPECT_TRUE(refused([](auto& r) { r.connection = "keep-alive"; }));
  EXPECT_TRUE(refused([](auto& r) { r.version = "8"; }));
  EXPECT_TRUE(refused([](auto& r) { r.version = ""; }));
  EXPECT_TRUE(refused([](auto& r) { r.key = ""; }));
  EXPECT_TRUE(refused([](auto& r) { r.key = "c2hvcnQ="; }));
  EXPECT_TRUE(refused([](auto& r) {
    r.key =
        "dGhlIHNhbXBsZSBub25jZQ=="
        "..";
  }));
  EXPECT_TRUE(refused([](auto& r) { r.version_1_1 = false; }));
}

}  // namespace
}  // namespace aiim
