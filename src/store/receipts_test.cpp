// Cursors, on both databases.
#include "store/receipts.h"

#include <map>
#include <random>
#include <thread>

#include "store/messages.h"
#include "store/test_db.h"

namespace aiim {
namespace {

using Verdict = CursorOutcome::Verdict;

const Statement select_cursors("test.members.cursors",
                               "SELECT delivered_seq, read_seq, own_updated_at FROM conversation_members "
                               "WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3");
const Statement select_receipts("test.receipts",
                                "SELECT status, seq, message_id, timestamp FROM message_receipts WHERE tenant_id = $1 "
                                "AND conversation_id = $2 AND user_id = $3 ORDER BY seq, status");
const Statement set_preferences("test.members.preferences",
                                "UPDATE conversation_members SET muted = $4, pinned = $5 WHERE tenant_id = $1 "
                                "AND conversation_id = $2 AND user_id = $3");
const Statement leave("test.receipts.leave",
                      "UPDATE conversation_members SET left_at = $4 WHERE tenant_id = $1 AND conversation_id = $2 "
                      "AND user_id = $3");
const Statement recall("test.messages.recall",
                       "UPDATE im_messages SET status = 'recalled' WHERE tenant_id = $1 AND message_id = $2");

class AdvanceTest : public DbTest {
 protected:
  void SetUp() override {
    db_ = open();
    add_conversation(*db_, "c", {"alice", "bob"});
    fill("c", 10);
  }

  // Messages m1 … of alice, every third of bob, the fifth by the server.
  void fill(const std::string& conversation, int count) {
    std::vector<MessageDraft> drafts(static_cast<std::size_t>(count));
    std::vector<const MessageDraft*> batch;
    for (int i = 1; i <= count; ++i) {
      auto& draft = drafts[static_cast<std::size_t>(i - 1)];
      draft.tenant_id = "t";
      draft.conversation_id = conversation;
      draft.message_id = (conversation == "c" ? "m" : conversation + "m") + std::to_string(i);
      draft.sender_id = i % 3 == 0 ? "bob" : "alice";
      draft.type = i == 5 ? MessageType::system : MessageType::text;
      batch.push_back(&draft);
    }
    std::vector<AppendOutcome> outcomes(drafts.size());
    ASSERT_TRUE(db_->begin_write(test_start));
    ASSERT_TRUE(db_->append_messages(batch, outcomes, test_start));
    ASSERT_TRUE(db_->commit());
    for (auto& outcome : outcomes) ASSERT_EQ(outcome.verdict, AppendOutcome::Verdict::appended);
  }

  CursorStep step(bool read, std::optional<std::int64_t> seq, std::optional<std::string> id = std::nullopt,
                  std::string user = "bob") {
    return {"t", "c", std::move(user), seq, std::move(id), read};
  }

  std::vector<CursorOutcome> advance(const std::vector<CursorStep>& steps) {
    std::vector<const CursorStep*> batch;
    for (auto& each : steps) batch.push_back(&each);
    std::vector<CursorOutcome> outcomes(steps.size());
    auto now = db_->begin_write(test_start + 1000);
    EXPECT_TRUE(now);
    now_ = *now;
    EXPECT_TRUE(db_->advance_cursors(batch, outcomes, now_));
    EXPECT_TRUE(db_->commit());
    return outcomes;
  }
  CursorOutcome advance_one(const CursorStep& one) { return advance({one})[0]; }

  std::string receipts(const char* user = "bob") {
    std::string all;
    EXPECT_TRUE(db_->run(select_receipts, {"t", "c", user}, [&](const Row& row) {
      all += row.string(0) + std::to_string(row.integer(1)) + row.string(2) + " ";
    }));
    return all;
  }

  std::unique_ptr<Db> db_;
  Time now_;
};

TEST_P(AdvanceTest, a_delivered_step_moves_its_cursor_and_leaves_one_receipt) {
  auto outcome = advance_one(step(false, 4));
  EXPECT_EQ(outcome.verdict, Verdict::moved);
  EXPECT_EQ(outcome.delivered_seq, 4);
  EXPECT_EQ(outcome.read_seq, 0);
  EXPECT_EQ(outcome.member_count, 2);
  EXPECT_EQ(receipts(), "delivered4m4 ");
  ASSERT_TRUE(db_->run(select_cursors, {"t", "c", "bob"}, [&](const Row& row) {
    EXPECT_EQ(row.integer(0), 4);
    EXPECT_EQ(row.integer(1), 0);
    EXPECT_EQ(row.time(2), now_);
  }));
}

TEST_P(AdvanceTest, what_is_read_is_delivered_too) {
  auto outcome = advance_one(step(true, std::nullopt, "m7"));
  EXPECT_EQ(outcome.verdict, Verdict::moved);
  EXPECT_EQ(outcome.delivered_seq, 7);
  EXPECT_EQ(outcome.read_seq, 7);
  EXPECT_EQ(outcome.unread_count, 2);  // 8 and 10; 9 is bob's own
  EXPECT_EQ(receipts(), "delivered7m7 read7m7 ");
}

TEST_P(AdvanceTest, cursors_never_go_back_and_a_repeat_leaves_nothing) {
  advance({step(true, 5), step(false, 8)});
  for (auto& outcome : advance({step(true, 5), step(true, 2), step(false, 8), step(false, 0), step(true, -1)})) {
    EXPECT_EQ(outcome.verdict, Verdict::unmoved);
    EXPECT_EQ(outcome.delivered_seq, 8);
    EXPECT_EQ(outcome.read_seq, 5);
  }
  auto read = advance_one(step(true, 6));
  EXPECT_EQ(read.verdict, Verdict::moved);
  EXPECT_EQ(read.delivered_seq, 8);
  EXPECT_EQ(receipts(), "read5m5 read6m6 delivered8m8 ");
}

TEST_P(AdvanceTest, several_steps_of_a_member_in_one_batch_count_in_order) {
  auto outcomes =
      advance({step(false, 2), step(true, 1), step(true, 4), step(false, 3), step(true, 3, std::nullopt, "alice")});
  EXPECT_EQ(outcomes[0].delivered_seq, 2);
  EXPECT_EQ(outcomes[0].read_seq, 0);
  EXPECT_EQ(outcomes[1].delivered_seq, 2);
  EXPECT_EQ(outcomes[1].read_seq, 1);
  EXPECT_EQ(outcomes[1].unread_count, 5);  // 2, 4, 7, 8, 10
  EXPECT_EQ(outcomes[2].delivered_seq, 4);
  EXPECT_EQ(outcomes[2].unread_count, 3);
  EXPECT_EQ(outcomes[3].verdict, Verdict::unmoved);
  EXPECT_EQ(outcomes[3].delivered_seq, 4);
  EXPECT_EQ(outcomes[4].verdict, Verdict::moved);
  EXPECT_EQ(outcomes[4].unread_count, 2);  // bob's 6 and 9
  EXPECT_EQ(receipts(), "delivered4m4 read4m4 ") << "of steps at one time the furthest tells of all";
}

TEST_P(AdvanceTest, unread_leaves_out_recalled_and_system_messages_and_one_s_own) {
  ASSERT_TRUE(db_->run(recall, {"t", "m7"}));
  EXPECT_EQ(advance_one(step(true, 1)).unread_count, 4);  // 2, 4, 8, 10
  EXPECT_EQ(advance_one(step(true, 10)).unread_count, 0);
}

TEST_P(AdvanceTest, unread_is_counted_up_to_a_thousand) {
  add_conversation(*db_, "big", {"alice", "bob", "carol"});
  fill("big", 1200);
  CursorStep big{"t", "big", "carol", 1, std::nullopt, true};
  EXPECT_EQ(advance_one(big).unread_count, 1000);
}

TEST_P(AdvanceTest, refuses_what_is_not_there) {
  add_conversation(*db_, "other", {"alice", "bob"});
  fill("other", 1);
  ASSERT_TRUE(db_->run(leave, {"t", "c", "alice", test_start}));
  CursorStep nowhere{"t", "nowhere", "bob", 1, std::nullopt, true};
  CursorStep foreign{"t2", "c", "bob", 1, std::nullopt, true};
  auto outcomes = advance({step(true, 11), step(false, std::nullopt, "m"), step(false, std::nullopt, "otherm1"),
                           step(true, 1, std::nullopt, "alice"), step(true, 1, std::nullopt, "mallory"), nowhere,
                           foreign, step(false, std::nullopt)});
  EXPECT_EQ(outcomes[0].verdict, Verdict::beyond_last);
  EXPECT_EQ(outcomes[1].verdict, Verdict::no_message);
  EXPECT_EQ(outcomes[2].verdict, Verdict::no_message);
  for (std::size_t i = 3; i < 7; ++i) EXPECT_EQ(outcomes[i].verdict, Verdict::no_member) << i;
  EXPECT_EQ(outcomes[7].verdict, Verdict::no_message);
  EXPECT_EQ(receipts(), "");
}

TEST_P(AdvanceTest, tells_the_member_s_own_settings) {
  ASSERT_TRUE(db_->run(set_preferences, {"t", "c", "bob", true, false}));
  auto outcome = advance_one(step(false, 1));
  EXPECT_TRUE(outcome.muted);
  EXPECT_FALSE(outcome.pinned);
  ASSERT_TRUE(db_->run(set_preferences, {"t", "c", "bob", false, true}));
  outcome = advance_one(step(false, 1));
  EXPECT_EQ(outcome.verdict, Verdict::unmoved);
  EXPECT_FALSE(outcome.muted);
  EXPECT_TRUE(outcome.pinned);
}

TEST_P(AdvanceTest, two_connections_at_once_never_take_a_cursor_back) {
  add_conversation(*db_, "busy", {"alice", "bob"});
  fill("busy", 300);
  std::atomic<int> failures = 0;
  auto reader = [&](unsigned seed) {
    auto db = open();
    std::mt19937 random(seed);
    for (int round = 0; round < 50; ++round) {
      std::vector<CursorStep> steps;
      for (int i = 0; i < 6; ++i) {
        auto seq = static_cast<std::int64_t>(random() % 300 + 1);
        steps.push_back({"t", "busy", random() % 2 ? "alice" : "bob", seq, std::nullopt, random() % 2 == 0});
      }
      std::vector<const CursorStep*> batch;
      for (auto& each : steps) batch.push_back(&each);
      std::vector<CursorOutcome> outcomes(steps.size());
      auto now = db->begin_write(SystemClock().now());
      if (now && db->advance_cursors(batch, outcomes, *now) && db->commit()) continue;
      ++failures;
      db->rollback();
    }
  };
  std::thread one(reader, 1u), two(reader, 2u);
  one.join();
  two.join();
  EXPECT_EQ(failures, 0);
  for (auto* user : {"alice", "bob"}) {
    std::map<std::string, std::int64_t> highest;
    Time last;
    ASSERT_TRUE(db_->run(select_receipts, {"t", "busy", user}, [&](const Row& row) {
      auto& seq = highest[row.string(0)];
      seq = std::max(seq, row.integer(1));
    }));
    ASSERT_TRUE(db_->run(select_cursors, {"t", "busy", user}, [&](const Row& row) {
      EXPECT_EQ(row.integer(0), highest["delivered"]);
      EXPECT_EQ(row.integer(1), highest["read"]);
    }));
  }
}

INSTANTIATE_ON_BOTH(AdvanceTest);

}  // namespace
}  // namespace aiim
