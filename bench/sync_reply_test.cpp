#include "sync_reply.h"

#include <gtest/gtest.h>

namespace aiim::bench {
namespace {

std::string ack(const std::string& conversation) {
  return R"({"type":"ack","id":"s","data":{"sync_token":"t","more":false,"conversations":[)" + conversation + "]}}";
}

std::vector<Conversation> behind() { return {{.id = "c", .epoch = "e", .rev = 5, .seq = 2}}; }

}  // namespace

TEST(SyncReply, what_was_missed_moves_the_position) {
  auto known = behind();
  SyncReply reply = apply_sync(
      ack(R"({"conversation_id":"c","epoch":"e","rev":7,"complete":true,"messages":[{"seq":3,"rev":6},{"seq":4,"rev":7}]})"),
      known, 4);
  EXPECT_EQ(reply.messages, 2u);
  EXPECT_EQ(known[0].rev, 7);
  EXPECT_EQ(known[0].seq, 4);
}

TEST(SyncReply, a_gap_a_short_answer_disorder_and_a_reset_fail_the_run) {
  for (const char* conversation :
       {R"({"conversation_id":"c","rev":7,"complete":true,"messages":[{"seq":4,"rev":7}]})",
        R"({"conversation_id":"c","rev":7,"complete":true,"messages":[{"seq":3,"rev":7}]})",
        R"({"conversation_id":"c","rev":7,"complete":true,"messages":[{"seq":4,"rev":7},{"seq":3,"rev":6}]})",
        R"({"conversation_id":"c","rev":7,"reset":true,"reason":"epoch"})"}) {
    auto known = behind();
    EXPECT_THROW(apply_sync(ack(conversation), known, 4), Failure) << conversation;
  }
}

TEST(SyncReply, a_stub_is_no_answer_and_no_mistake) {
  auto known = behind();
  SyncReply reply =
      apply_sync(ack(R"({"conversation_id":"c","epoch":"e","rev":7,"last_seq":4,"unread_count":2})"), known, 4);
  EXPECT_EQ(reply.conversations, 0u);
  EXPECT_EQ(known[0].rev, 5);
}

TEST(SyncReply, the_request_names_every_position) {
  EXPECT_EQ(sync_request("s", behind()),
            R"({"type":"sync","id":"s","data":{"conversations":[{"conversation_id":"c","epoch":"e","rev":5}]}})");
}

}  // namespace aiim::bench
