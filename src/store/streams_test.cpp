// Streams on both databases: what one batch of appends decides, who may still write, and how many may be open.
#include "store/streams.h"

#include "store/test_db.h"

namespace aiim {
namespace {

using Verdict = StreamAppendOutcome::Verdict;

const Statement test_leave(
    "test.streams.leave",
    "UPDATE conversation_members SET left_at = $3 WHERE tenant_id = 't' AND conversation_id = $1 "
    "AND user_id = $2");

class StreamsTest : public DbTest {
 protected:
  void SetUp() override {
    db_ = open();
    add_conversation(*db_, "c", {"bot", "alice"});
  }

  /// In one transaction, at `at`.
  template <class F>
  void change(F run, Time at = test_start) {
    auto now = db_->begin_write(at);
    ASSERT_TRUE(now);
    Tx tx{*db_, *now, std::make_shared<EventBatch>()};
    run(tx);
    ASSERT_TRUE(db_->commit());
    events_ = tx.events;
  }
  MessageDraft draft(const std::string& id) {
    MessageDraft draft;
    draft.tenant_id = "t";
    draft.conversation_id = "c";
    draft.message_id = id;
    draft.sender_id = "bot";
    draft.content = RawJson{R"({"text":""})"};
    draft.stream = true;
    return draft;
  }
  void start(const std::string& id) {
    change([&](Tx& tx) { ASSERT_EQ(begin_stream(tx, draft(id), 100)->verdict, AppendOutcome::Verdict::appended); });
  }
  StreamAppend append(const std::string& id, std::int64_t n, const std::string& text, const std::string& user = "bot") {
    StreamOp op;
    op.delta = text;
    return {"t", user, id, n, RawJson{encode(std::vector{op})}};
  }
  /// All in one batch: "verdict n" each.
  std::vector<std::pair<Verdict, std::int64_t>> batch(const std::vector<StreamAppend>& appends) {
    std::vector<const StreamAppend*> pointers;
    for (const StreamAppend& each : appends) pointers.push_back(&each);
    std::vector<StreamAppendOutcome> outcomes(appends.size());
    change([&](Tx& tx) { ASSERT_TRUE(tx.db.append_streams(pointers, outcomes, tx.now)); });
    std::vector<std::pair<Verdict, std::int64_t>> seen;
    for (const StreamAppendOutcome& each : outcomes) seen.emplace_back(each.verdict, each.n);
    return seen;
  }
  std::string text_of(const std::string& id) {
    Message message;
    message.message_id = id;
    message.status = MessageStatus::streaming;
    EXPECT_TRUE(show_streaming(*db_, "t", {&message, 1}));
    return message.content.text;
  }

  std::unique_ptr<Db> db_;
  std::shared_ptr<EventBatch> events_;
};

TEST_P(StreamsTest, a_batch_decides_each_append_by_those_before_it) {
  start("s1");
  start("s2");
  using V = Verdict;
  auto seen = batch({append("s1", 1, "a"), append("s2", 1, "x"), append("s1", 2, "b"), append("s1", 2, "b"),
                     append("s1", 4, "d"), append("s1", 0, "c"), append("s2", 3, "z"),
                     append("s1", 1, "other", "alice"), append("none", 1, "a")});
  const std::vector<std::pair<V, std::int64_t>> wanted{{V::appended, 1}, {V::appended, 1}, {V::appended, 2},
                                                       {V::repeated, 2}, {V::gap, 2},      {V::appended, 3},
                                                       {V::gap, 1},      {V::refused, 0},  {V::refused, 0}};
  EXPECT_EQ(seen, wanted);
  EXPECT_EQ(text_of("s1"), R"({"text":"abc"})");
  EXPECT_EQ(text_of("s2"), R"({"text":"x"})");
}

TEST_P(StreamsTest, a_stream_holds_512_kib_over_all_batches) {
  start("s");
  const std::string quarter(130'000, 'q');
  for (std::int64_t n = 1; n <= 4; ++n) EXPECT_EQ(batch({append("s", n, quarter)})[0].first, Verdict::appended);
  EXPECT_EQ(batch({append("s", 5, quarter)})[0].first, Verdict::too_large);
  EXPECT_EQ(batch({append("s", 5, "small")})[0].first, Verdict::appended);
}

TEST_P(StreamsTest, who_is_no_member_or_lost_its_lease_writes_and_renews_nothing) {
  start("s");
  change([&](Tx& tx) { ASSERT_TRUE(tx.db.run(test_leave, {"c", "bot", tx.now})); });
  EXPECT_EQ(batch({append("s", 1, "a")})[0].first, Verdict::refused);
  change([&](Tx& tx) { ASSERT_TRUE(tx.db.run(test_leave, {"c", "bot", nullptr})); });
  EXPECT_EQ(batch({append("s", 1, "a")})[0].first, Verdict::appended);
  change([&](Tx& tx) { ASSERT_TRUE(expire_streams(tx, "t", "bot")); });
  EXPECT_EQ(batch({append("s", 2, "b")})[0].first, Verdict::refused);
  change([&](Tx& tx) { ASSERT_TRUE(renew_streams(tx, "t", "bot", {"s"})); });
  change([&](Tx& tx) {
    auto expired = expired_streams(tx.db, tx.now, 10);
    ASSERT_TRUE(expired);
    ASSERT_EQ(expired->size(), 1U);
    StreamEnding ending;
    ending.outcome = StreamOutcome::interrupted;
    EXPECT_TRUE(*end_stream(tx, "t", "s", ending, tx.now));
    EXPECT_FALSE(*end_stream(tx, "t", "s", ending));
  });
  ASSERT_EQ(events_->size(), 1U);
  EXPECT_EQ(events_->front()->stream_id, "s");
  change([&](Tx& tx) { EXPECT_EQ(explain_refusal(tx.db, append("s", 2, "b")).code, ErrorCode::stream_ended); });
}

TEST_P(StreamsTest, streams_end_in_the_conversation_that_their_writer_left_alone) {
  start("s");
  add_conversation(*db_, "d", {"bot"});
  change([&](Tx& tx) {
    MessageDraft other = draft("elsewhere");
    other.conversation_id = "d";
    ASSERT_TRUE(begin_stream(tx, other, 100));
    ASSERT_TRUE(expire_streams(tx, "t", "bot", "c"));
  });
  EXPECT_EQ(batch({append("s", 1, "a")})[0].first, Verdict::refused);
  EXPECT_EQ(batch({append("elsewhere", 1, "a")})[0].first, Verdict::appended);
}

TEST_P(StreamsTest, a_start_above_the_limit_is_refused) {
  start("s1");
  start("s2");
  auto now = db_->begin_write(test_start);
  ASSERT_TRUE(now);
  Tx tx{*db_, *now, std::make_shared<EventBatch>()};
  auto third = begin_stream(tx, draft("s3"), 2);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::rate_limited);
  EXPECT_TRUE(tx.events->empty());
  db_->rollback();
}

INSTANTIATE_ON_BOTH(StreamsTest);

}  // namespace
}  // namespace aiim
