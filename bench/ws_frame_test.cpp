#include "ws_frame.h"

#include <gtest/gtest.h>

namespace aiim::bench {

TEST(WsFrame, the_accept_of_the_rfc_example) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsFrame, the_masked_hello_of_the_rfc) {
  std::string out;
  uint32_t mask;
  memcpy(&mask, "\x37\xfa\x21\x3d", 4);
  append_client_frame(out, Opcode::text, "Hello", mask);
  EXPECT_EQ(out, std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
}

TEST(WsFrame, each_length_form_survives_the_way_to_the_server_and_back) {
  for (size_t size : {size_t{0}, size_t{1}, size_t{125}, size_t{126}, size_t{65535}, size_t{65536}, size_t{200000}}) {
    std::string payload(size, 'x');
    for (size_t i = 0; i < size; i++) payload[i] = static_cast<char>(i * 7);
    std::string up, down;
    WsFrame frame;
    size_t consumed;
    append_client_frame(up, Opcode::binary, payload, 0xdeadbeef);
    ASSERT_EQ(decode_client_frame(up.data(), up.size(), frame, consumed), Decoded::frame);
    EXPECT_EQ(frame.payload, payload);
    EXPECT_EQ(consumed, up.size());
    append_server_frame(down, Opcode::text, payload);
    ASSERT_EQ(decode_server_frame(down, frame, consumed), Decoded::frame);
    EXPECT_EQ(frame.payload, payload);
    EXPECT_EQ(frame.opcode, Opcode::text);
    EXPECT_TRUE(frame.fin);
  }
}

TEST(WsFrame, every_proper_prefix_is_incomplete_and_consumes_nothing) {
  std::string down;
  append_server_frame(down, Opcode::text, std::string(300, 'a'));
  WsFrame frame;
  size_t consumed;
  for (size_t n = 0; n < down.size(); n++) {
    EXPECT_EQ(decode_server_frame(std::string_view(down).substr(0, n), frame, consumed), Decoded::incomplete);
    EXPECT_EQ(consumed, 0u);
  }
}

TEST(WsFrame, a_masked_server_frame_and_reserved_bits_are_malformed) {
  std::string up;
  append_client_frame(up, Opcode::text, "x", 1);
  WsFrame frame;
  size_t consumed;
  EXPECT_EQ(decode_server_frame(up, frame, consumed), Decoded::malformed);
  EXPECT_EQ(decode_server_frame("\xc1\x01x", frame, consumed), Decoded::malformed);
  std::string down;
  append_server_frame(down, Opcode::text, "x");
  EXPECT_EQ(decode_client_frame(down.data(), down.size(), frame, consumed), Decoded::malformed);
}

}  // namespace aiim::bench
