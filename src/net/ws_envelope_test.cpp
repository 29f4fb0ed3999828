#include "net/ws_envelope.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

class WsEnvelope : public testing::Test {
 protected:
  Envelope parse(std::string_view text) {
    padded_ = text;
    padded_.append(64, '\0');
    return parse_envelope(parser_, std::string_view(padded_).substr(0, text.size()));
  }
  JsonParser parser_;
  std::string padded_;
};

TEST_F(WsEnvelope, type_id_and_data_are_found_in_any_order) {
  auto envelope = parse(R"({"data":{"a":1},"id":"7","more":[],"type":"send_message"})");
  ASSERT_FALSE(envelope.error);
  EXPECT_EQ(envelope.type, "send_message");
  EXPECT_EQ(envelope.id, "7");
  ASSERT_TRUE(envelope.data);
  EXPECT_TRUE(envelope.data->is_object());
}

TEST_F(WsEnvelope, id_and_data_may_be_missing) {
  auto envelope = parse(R"({"type":"ping"})");
  ASSERT_FALSE(envelope.error);
  EXPECT_TRUE(envelope.id.empty());
  EXPECT_FALSE(envelope.data);
}

TEST_F(WsEnvelope, what_is_no_frame_of_ours_is_malformed) {
  for (auto text : {"", "nonsense", "[]", "\"ping\"", "{}", R"({"type":7})", R"({"type":"ping","id":7})",
                    R"({"type":"ping","id":""})", R"({"type":"ping","type":"ping"})", R"({"type":"ping"} x)",
                    R"({"id":"1","data":{}})"}) {
    auto envelope = parse(text);
    ASSERT_TRUE(envelope.error) << text;
    EXPECT_EQ(envelope.error->code, ErrorCode::invalid_request) << text;
    EXPECT_TRUE(envelope.malformed) << text;
  }
}

TEST_F(WsEnvelope, an_error_bears_the_id_where_there_is_one) {
  EXPECT_EQ(parse(R"({"id":"5","type":null})").id, "5");
  auto envelope = parse(R"({"id":"6","type":"sync","data":[]})");
  ASSERT_TRUE(envelope.error);
  EXPECT_FALSE(envelope.malformed);
  EXPECT_EQ(envelope.id, "6");
}

TEST_F(WsEnvelope, an_id_has_at_most_128_characters) {
  std::string id;
  for (int i = 0; i < 128; ++i) id += "é";
  EXPECT_FALSE(parse(R"({"type":"ping","id":")" + id + "\"}").error);
  EXPECT_TRUE(parse(R"({"type":"ping","id":")" + id + "x\"}").error);
}

TEST_F(WsEnvelope, acks_escape_the_id_and_pass_the_data_on) {
  std::string out;
  write_ack(out, "a\"b", R"({"rev":3})");
  EXPECT_EQ(out, R"({"type":"ack","id":"a\"b","data":{"rev":3}})");
  write_ack(out, "1", {});
  EXPECT_EQ(out, R"({"type":"ack","id":"1","data":{}})");
}

TEST_F(WsEnvelope, bye_says_why_and_when_to_come_back) {
  EXPECT_EQ(bye_frame("draining", 1234), R"({"type":"bye","data":{"reason":"draining","reconnect_after_ms":1234}})");
}

}  // namespace
}  // namespace aiim
