#include "net/ws_aliases.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

JsonParser& parser() {
  static JsonParser one(1 << 16);
  return one;
}

std::optional<Result<AliasedFrame>> rewrite(std::string text) {
  std::size_t bytes = text.size();
  text.append(64, '\0');
  Envelope envelope = parse_envelope(parser(), std::string_view(text).substr(0, bytes));
  EXPECT_FALSE(envelope.error);
  return rewrite_alias(envelope);
}

TEST(WsAliases, FieldsAtTheTopMoveIntoData) {
  auto frame = rewrite(R"({"type":"send_msg","id":"1","msg_type":"image","content":{"url":"https://a"},"n":[1,2.5]})");
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->text,
            R"({"type":"send_message","id":"1","data":{"type":"image","content":{"url":"https://a"},"n":[1,2.5]}})");
}

TEST(WsAliases, CallFramesKeepTheirNamesAndTheirSignalsTheirBytes) {
  auto frame = rewrite(
      R"({"type":"call.webrtc.signal","call_id":"c","signal_type":"offer","signal_data":"v=0\r\no=- 1 \u00e9\n"})");
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->text, R"({"type":"call.webrtc.signal","data":{"call_id":"c","signal_type":"offer",)"
                            "\"signal_data\":\"v=0\\r\\no=- 1 \u00e9\\n\"}}");
}

TEST(WsAliases, FramesWithDataAndOtherTypesAreLeftAlone) {
  EXPECT_FALSE(rewrite(R"({"type":"call.accept","data":{"call_id":"c"}})"));
  EXPECT_FALSE(rewrite(R"({"type":"send_msg","data":{}})"));
  EXPECT_FALSE(rewrite(R"({"type":"send_message","content":"x"})"));
}

TEST(WsAliases, PongNeedsNothing) {
  auto frame = rewrite(R"({"type":"pong","timestamp":1})");
  ASSERT_TRUE(frame && *frame);
  EXPECT_TRUE((*frame)->text.empty() && (*frame)->answer.empty());
}

}  // namespace
}  // namespace aiim
