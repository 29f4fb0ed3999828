#include "event.h"

#include <gtest/gtest.h>

#include <string>

#include "failure.h"
#include "loop.h"

namespace aiim::bench {
namespace {

const Event& parse(EventParser& parser, std::string text) {
  static std::string kept;
  kept = std::move(text);
  kept.reserve(kept.size() + Loop::padding);
  return parser.parse(kept);
}

}  // namespace

TEST(Event, the_fields_of_a_message_are_found_in_any_order_and_unknown_ones_are_stepped_over) {
  EventParser parser;
  const Event& event =
      parse(parser, R"({"later":[1,{"seq":9}],"data":{"message":{"reactions":[{"rev":8}],"rev":5,"content":
      {"mentions":["seq"],"text":"a \"seq\":7"},"seq":4,"sender_id":"u","reply_to":null,"client_msg_id":"c"},"after":3,"rev":5,
      "conversation_id":"conv"},"type":"message.created"})");
  EXPECT_EQ(event.type, "message.created");
  EXPECT_EQ(event.seq, 4);
  EXPECT_EQ(event.rev, 5);
  EXPECT_EQ(event.after, 3);
  EXPECT_EQ(event.conversation_id, "conv");
  EXPECT_EQ(event.client_msg_id, "c");
  EXPECT_EQ(event.sender_id, "u");
  EXPECT_EQ(event.text, "a \"seq\":7");
}

TEST(Event, an_ack_and_an_error_keep_their_id) {
  EventParser parser;
  const Event& ack = parse(parser, R"({"type":"ack","id":"7","data":{"seq":1,"rev":2,"client_msg_id":null}})");
  EXPECT_EQ(ack.id, "7");
  EXPECT_EQ(ack.seq, 1);
  EXPECT_EQ(ack.client_msg_id, "");
  const Event& error = parse(parser, R"({"type":"error","id":"8","error":{"code":"conflict","retryable":false}})");
  EXPECT_EQ(error.id, "8");
  EXPECT_EQ(error.error, R"({"code":"conflict","retryable":false})");
  EXPECT_EQ(error.seq, -1);
}

TEST(Event, what_is_not_of_the_protocol_fails_the_run) {
  EventParser parser;
  for (const char* text :
       {"", "[]", "7", "{}", R"({"type":"ack","data":)", R"({"type":7})", R"({"type":"ack","data":{"seq":"1"}})"})
    EXPECT_THROW(parse(parser, text), Failure) << text;
}

}  // namespace aiim::bench
