// Appending, on both databases: verdicts, numbering, repeats, a random test against a plain model, and two connections
// at once.
#include "store/messages.h"

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "store/test_db.h"

namespace aiim {
namespace {

using Verdict = AppendOutcome::Verdict;

const Statement leave("test.members.leave",
                      "UPDATE conversation_members SET left_at = $4 WHERE tenant_id = $1 AND conversation_id = $2 "
                      "AND user_id = $3");
const Statement select_log("test.messages.log",
                           "SELECT seq, rev, message_id, sender_id, client_msg_id FROM im_messages "
                           "WHERE tenant_id = $1 AND conversation_id = $2 ORDER BY seq");
const Statement select_counters("test.conversations.counters",
                                "SELECT last_seq, rev, updated_at FROM conversations WHERE tenant_id = $1 "
                                "AND conversation_id = $2");
const Statement select_mentions("test.mentions",
                                "SELECT user_id, seq FROM mentions WHERE tenant_id = $1 AND conversation_id = $2 "
                                "ORDER BY user_id, seq");
const Statement select_open_stream("test.open_streams",
                                   "SELECT conversation_id, sender_id, n, bytes, lease_until FROM open_streams "
                                   "WHERE tenant_id = $1 AND stream_id = $2");
const Statement react("test.messages.react",
                      "UPDATE im_messages SET reactions = $3, rev = rev + 5 WHERE tenant_id = $1 AND message_id = $2");
const Statement select_stored("test.messages.stored",
                              "SELECT status, stream_id, chunk_index, is_end, content, reply_to, created_at, "
                              "request_hash FROM im_messages WHERE tenant_id = $1 AND message_id = $2");

class AppendTest : public DbTest {
 protected:
  void SetUp() override {
    db_ = open();
    add_conversation(*db_, "c1", {"alice", "bob", "carol"});
    add_conversation(*db_, "c2", {"alice"});
  }

  MessageDraft draft(std::string conversation = "c1", std::string sender = "alice") {
    MessageDraft made;
    made.tenant_id = "t";
    made.conversation_id = std::move(conversation);
    made.message_id = "m" + std::to_string(++ids_);
    made.sender_id = std::move(sender);
    made.content.text = R"({"text":"hello"})";
    return made;
  }
  MessageDraft keyed(std::string key, std::string hash = "h", std::string sender = "alice") {
    auto made = draft("c1", std::move(sender));
    made.client_msg_id = std::move(key);
    made.request_hash = std::move(hash);
    return made;
  }

  std::vector<AppendOutcome> append(const std::vector<MessageDraft>& drafts) {
    std::vector<const MessageDraft*> batch;
    for (auto& each : drafts) batch.push_back(&each);
    std::vector<AppendOutcome> outcomes(drafts.size());
    auto now = db_->begin_write(test_start);
    EXPECT_TRUE(now);
    now_ = *now;
    EXPECT_TRUE(db_->append_messages(batch, outcomes, now_));
    EXPECT_TRUE(db_->commit());
    return outcomes;
  }
  AppendOutcome append_one(const MessageDraft& one) { return append({one})[0]; }

  void expect_counters(const char* conversation, std::int64_t seq, std::int64_t rev) {
    EXPECT_EQ(*db_->run(select_counters, {"t", conversation},
                        [&](const Row& row) {
                          EXPECT_EQ(row.integer(0), seq);
                          EXPECT_EQ(row.integer(1), rev);
                        }),
              1);
  }

  std::unique_ptr<Db> db_;
  Time now_;
  int ids_ = 0;
};

TEST_P(AppendTest, numbers_each_conversation_s_messages_without_gaps_in_the_batch_s_order) {
  auto first = append({draft("c1"), draft("c2"), draft("c1", "bob"), draft("c1")});
  auto then = append({draft("c1", "carol")});
  EXPECT_EQ(first[0].message.seq, 1);
  EXPECT_EQ(first[1].message.seq, 1);
  EXPECT_EQ(first[2].message.seq, 2);
  EXPECT_EQ(first[3].message.seq, 3);
  EXPECT_EQ(then[0].message.seq, 4);
  EXPECT_EQ(then[0].message.rev, 4);
  EXPECT_EQ(then[0].epoch, "e1");
  expect_counters("c1", 4, 4);
  expect_counters("c2", 1, 1);
  ASSERT_TRUE(db_->run(select_counters, {"t", "c1"}, [&](const Row& row) { EXPECT_EQ(row.time(2), now_); }));
}

TEST_P(AppendTest, answers_with_the_message_as_it_is_stored) {
  auto first = append_one(draft());
  auto asked = draft();
  asked.type = MessageType::image;
  asked.content.text = R"({"caption":"é","url":"http://x/y"})";
  asked.reply_to = first.message.message_id;
  auto outcome = append_one(asked);
  ASSERT_EQ(outcome.verdict, Verdict::appended);
  const Message& message = outcome.message;
  EXPECT_EQ(message.message_id, asked.message_id);
  EXPECT_EQ(message.type, MessageType::image);
  EXPECT_EQ(message.reply_to, first.message.message_id);
  EXPECT_EQ(message.created_at, now_);
  EXPECT_EQ(message.status, MessageStatus::sent);
  EXPECT_TRUE(message.is_end);
  ASSERT_TRUE(db_->run(select_stored, {"t", asked.message_id}, [&](const Row& row) {
    EXPECT_EQ(row.text(0), "sent");
    EXPECT_TRUE(row.is_null(1));
    EXPECT_TRUE(row.is_null(2));
    EXPECT_TRUE(row.boolean(3));
    EXPECT_EQ(row.text(4), asked.content.text);
    EXPECT_EQ(row.text(5), *asked.reply_to);
    EXPECT_EQ(row.time(6), now_);
    EXPECT_TRUE(row.is_null(7));
  }));
}

TEST_P(AppendTest, only_members_may_append_and_nobody_else_takes_a_seq) {
  ASSERT_TRUE(db_->begin_write(test_start));
  ASSERT_TRUE(db_->run(leave, {"t", "c1", "bob", test_start}));
  ASSERT_TRUE(db_->commit());
  auto foreign = draft();
  foreign.tenant_id = "other";
  auto outcomes = append({draft("c1", "bob"), draft("c1", "mallory"), draft("nowhere"), foreign, draft("c1", "a"),
                          draft("c1", "zz"), draft("c1")});
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(outcomes[i].verdict, Verdict::no_member) << i;
  EXPECT_EQ(outcomes[6].message.seq, 1);
  expect_counters("c1", 1, 1);
}

TEST_P(AppendTest, a_repeat_gets_the_first_message_as_it_is_now_and_no_seq) {
  auto first = append_one(keyed("k"));
  RawJson reactions{R"([{"count":1,"emoji":"👍","user_ids":["bob"]}])"};
  ASSERT_TRUE(db_->run(react, {"t", first.message.message_id, reactions}));
  auto again = append_one(keyed("k"));
  ASSERT_EQ(again.verdict, Verdict::duplicate);
  EXPECT_EQ(again.message.message_id, first.message.message_id);
  EXPECT_EQ(again.message.seq, 1);
  EXPECT_EQ(again.message.rev, 6);
  EXPECT_EQ(again.message.content, first.message.content);
  ASSERT_EQ(again.message.reactions.size(), 1u);
  EXPECT_EQ(again.message.reactions[0].user_ids, (std::vector<std::string>{"bob"}));
  EXPECT_EQ(append_one(keyed("k", "other")).verdict, Verdict::mismatch);
  EXPECT_EQ(append_one(keyed("k", "h", "bob")).verdict, Verdict::appended) << "keys are each sender's own";
  expect_counters("c1", 2, 2);
}

TEST_P(AppendTest, repeats_inside_one_batch_follow_the_first) {
  auto outcomes = append({keyed("k"), keyed("k"), keyed("k", "other"), keyed("k2"), keyed("k")});
  EXPECT_EQ(outcomes[0].verdict, Verdict::appended);
  EXPECT_EQ(outcomes[1].verdict, Verdict::duplicate);
  EXPECT_EQ(outcomes[1].message.message_id, outcomes[0].message.message_id);
  EXPECT_EQ(outcomes[2].verdict, Verdict::mismatch);
  EXPECT_EQ(outcomes[3].message.seq, 2);
  EXPECT_EQ(outcomes[4].verdict, Verdict::duplicate);
  EXPECT_EQ(outcomes[4].message.seq, 1);
  expect_counters("c1", 2, 2);
}

TEST_P(AppendTest, after_a_mismatch_in_a_batch_the_right_request_is_still_a_duplicate) {
  auto first = append_one(keyed("k"));
  auto outcomes = append({keyed("k", "other"), keyed("k"), keyed("k", "third")});
  EXPECT_EQ(outcomes[0].verdict, Verdict::mismatch);
  ASSERT_EQ(outcomes[1].verdict, Verdict::duplicate);
  EXPECT_EQ(outcomes[1].message.message_id, first.message.message_id);
  EXPECT_EQ(outcomes[2].verdict, Verdict::mismatch);
}

TEST_P(AppendTest, a_reply_must_be_to_a_message_of_the_conversation) {
  auto other = append_one(draft("c2"));
  auto bad = keyed("k");
  bad.reply_to = other.message.message_id;
  auto missing = draft();
  missing.reply_to = "m";
  auto outcomes = append({bad, missing, keyed("k")});
  EXPECT_EQ(outcomes[0].verdict, Verdict::bad_reply);
  EXPECT_EQ(outcomes[1].verdict, Verdict::bad_reply);
  EXPECT_EQ(outcomes[2].verdict, Verdict::appended) << "what was refused did not use up the key";
  auto good = keyed("k3");
  good.reply_to = outcomes[2].message.message_id;
  EXPECT_EQ(append_one(good).verdict, Verdict::appended);
  EXPECT_EQ(append_one(good).verdict, Verdict::duplicate);
}

TEST_P(AppendTest, only_present_members_other_than_the_sender_are_mentioned) {
  ASSERT_TRUE(db_->run(leave, {"t", "c1", "carol", test_start}));
  auto first = draft(), second = draft();
  first.mentions = {"bob", "bob", "carol", "mallory", "alice", ""};
  second.mentions = {"bob"};
  append({first, second});
  std::string found;
  ASSERT_TRUE(db_->run(select_mentions, {"t", "c1"},
                       [&](const Row& row) { found += row.string(0) + std::to_string(row.integer(1)) + " "; }));
  EXPECT_EQ(found, "bob1 bob2 ");
}

TEST_P(AppendTest, a_stream_begins_open_and_leased) {
  auto asked = keyed("k");
  asked.stream = true;
  asked.type = MessageType::ai;
  auto outcome = append({draft(), asked})[1];
  EXPECT_EQ(outcome.message.status, MessageStatus::streaming);
  EXPECT_EQ(outcome.message.stream_id, asked.message_id);
  EXPECT_EQ(outcome.message.chunk_index, 0);
  EXPECT_FALSE(outcome.message.is_end);
  ASSERT_TRUE(db_->run(select_stored, {"t", asked.message_id}, [&](const Row& row) {
    EXPECT_EQ(row.text(0), "streaming");
    EXPECT_EQ(row.text(1), asked.message_id);
    EXPECT_EQ(row.optional_integer(2), 0);
    EXPECT_FALSE(row.boolean(3));
  }));
  EXPECT_EQ(*db_->run(select_open_stream, {"t", asked.message_id},
                      [&](const Row& row) {
                        EXPECT_EQ(row.text(0), "c1");
                        EXPECT_EQ(row.text(1), "alice");
                        EXPECT_EQ(row.integer(2), 0);
                        EXPECT_EQ(row.integer(3), 0);
                        EXPECT_EQ(row.time(4), now_ + stream_lease_ms);
                      }),
            1);
  auto again = append_one(asked);
  EXPECT_EQ(again.verdict, Verdict::duplicate);
  EXPECT_EQ(again.message.status, MessageStatus::streaming);
}

TEST_P(AppendTest, strange_texts_stay_what_they_are) {
  auto asked = keyed("k\"{},\\'%_", "h");
  asked.content.text = R"({"text":"\"{a,b}\" \\ ' NULL 𝒳\n","x":[null,1.5]})";
  asked.request_hash = "NULL";
  EXPECT_EQ(append_one(asked).verdict, Verdict::appended);
  auto again = append_one(asked);
  ASSERT_EQ(again.verdict, Verdict::duplicate);
  EXPECT_EQ(again.message.client_msg_id, asked.client_msg_id);
  EXPECT_EQ(again.message.content, asked.content);
}

TEST_P(AppendTest, an_empty_batch_is_nothing) { EXPECT_TRUE(append({}).empty()); }

TEST_P(AppendTest, a_taken_message_id_fails_the_batch) {
  auto first = draft();
  append({first});
  std::vector<AppendOutcome> outcomes(1);
  const MessageDraft* batch[] = {&first};
  ASSERT_TRUE(db_->begin_write(test_start));
  // PostgreSQL is not waited for before the commit.
  EXPECT_FALSE(db_->append_messages(batch, outcomes, test_start) && db_->commit());
  db_->rollback();
  expect_counters("c1", 1, 1);
  ASSERT_TRUE(db_->begin_write(test_start));
  (void)db_->append_messages(batch, outcomes, test_start);
  db_->rollback();
  append({draft()});
  expect_counters("c1", 2, 2);
}

// A plain model: what a conversation must hold after batches of anything.
struct Model {
  struct Stored {
    std::string id, sender, key, hash;
  };
  std::map<std::string, std::vector<Stored>> logs;
  std::map<std::string, bool> members;  // "conversation/user": present

  Verdict judge(const MessageDraft& draft) {
    if (!members[draft.conversation_id + "/" + draft.sender_id]) return Verdict::no_member;
    auto& log = logs[draft.conversation_id];
    for (auto& stored : log) {
      if (draft.client_msg_id && stored.sender == draft.sender_id && stored.key == *draft.client_msg_id) {
        return stored.hash == draft.request_hash ? Verdict::duplicate : Verdict::mismatch;
      }
    }
    bool found = !draft.reply_to;
    for (auto& stored : log) found = found || stored.id == *draft.reply_to;
    if (!found) return Verdict::bad_reply;
    log.push_back({draft.message_id, draft.sender_id, draft.client_msg_id.value_or(""), draft.request_hash});
    return Verdict::appended;
  }
};

TEST_P(AppendTest, random_batches_end_as_a_plain_model_says) {
  std::mt19937 random(7);
  auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Model model;
  for (auto* user : {"alice", "bob", "carol"}) model.members[std::string("c1/") + user] = true;
  model.members["c2/alice"] = true;
  for (int round = 0; round < 60; ++round) {
    std::vector<MessageDraft> batch;
    std::vector<Verdict> expected;
    for (int i = pick(40); i >= 0; --i) {
      static const char* users[] = {"alice", "bob", "carol", "mallory"};
      auto made = draft(pick(3) ? "c1" : "c2", users[pick(4)]);
      if (pick(4)) made.client_msg_id = "k" + std::to_string(pick(200));
      made.request_hash = pick(6) ? "h" : "h2";
      auto& log = model.logs[pick(5) ? made.conversation_id : "c1"];
      if (!pick(4))
        made.reply_to =
            log.empty() || !pick(4) ? "m0" : log[static_cast<std::size_t>(pick(static_cast<int>(log.size())))].id;
      batch.push_back(made);
      expected.push_back(model.judge(made));
    }
    auto outcomes = append(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      ASSERT_EQ(outcomes[i].verdict, expected[i]) << "round " << round << " draft " << i;
      if (expected[i] != Verdict::appended && expected[i] != Verdict::duplicate) continue;
      auto& log = model.logs[batch[i].conversation_id];
      auto at = static_cast<std::size_t>(outcomes[i].message.seq - 1);
      ASSERT_LT(at, log.size());
      EXPECT_EQ(outcomes[i].message.message_id, log[at].id);
    }
  }
  for (auto& [conversation, log] : model.logs) {
    std::size_t at = 0;
    ASSERT_TRUE(db_->run(select_log, {"t", conversation}, [&](const Row& row) {
      ASSERT_LT(at, log.size());
      EXPECT_EQ(row.integer(0), static_cast<std::int64_t>(at + 1));
      EXPECT_EQ(row.integer(1), static_cast<std::int64_t>(at + 1));
      EXPECT_EQ(row.text(2), log[at].id);
      ++at;
    }));
    EXPECT_EQ(at, log.size());
    expect_counters(conversation.c_str(), static_cast<std::int64_t>(at), static_cast<std::int64_t>(at));
  }
}

TEST_P(AppendTest, sqlite_has_one_writer) {
  if (!sqlite()) GTEST_SKIP() << "several nodes write to PostgreSQL";
  ASSERT_TRUE(db_->start_writing());
  {
    auto second = open();
    auto started = second->start_writing();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::conflict);
    EXPECT_NE(started.error().detail.find("in use by another aiim server"), std::string::npos);
  }
  db_.reset();
  EXPECT_TRUE(open()->start_writing());
  db_ = open();
}

TEST_P(AppendTest, two_connections_with_the_same_keys_make_one_row_each_and_no_gap) {
  if (sqlite()) GTEST_SKIP() << "one connection appends";
  constexpr int rounds = 40, per_batch = 20, conversations = 8;
  for (int i = 0; i < conversations; ++i) add_conversation(*db_, "x" + std::to_string(i), {"alice"});
  std::atomic<int> appended = 0, duplicates = 0, failures = 0;
  auto sender = [&](int who) {
    auto db = open();
    std::mt19937 random(static_cast<unsigned>(who));
    for (int round = 0; round < rounds; ++round) {
      std::vector<MessageDraft> drafts;
      for (int i = 0; i < per_batch; ++i) {
        MessageDraft made;
        made.tenant_id = "t";
        made.conversation_id = "x" + std::to_string(i % conversations);
        made.sender_id = "alice";
        made.message_id = "w" + std::to_string(who) + "_" + std::to_string(round * per_batch + i);
        made.client_msg_id = "k" + std::to_string(round * per_batch + i);
        made.request_hash = "h";
        drafts.push_back(std::move(made));
      }
      std::shuffle(drafts.begin(), drafts.end(), random);  // the order of locks is not the batch's
      std::vector<const MessageDraft*> batch;
      for (auto& each : drafts) batch.push_back(&each);
      std::vector<AppendOutcome> outcomes(drafts.size());
      auto now = db->begin_write(SystemClock().now());
      if (!now || !db->append_messages(batch, outcomes, *now) || !db->commit()) {
        ++failures;
        db->rollback();
        continue;
      }
      for (auto& outcome : outcomes) {
        appended += outcome.verdict == Verdict::appended;
        duplicates += outcome.verdict == Verdict::duplicate;
      }
    }
  };
  std::thread one(sender, 1), two(sender, 2);
  one.join();
  two.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(appended, rounds * per_batch);
  EXPECT_EQ(duplicates, rounds * per_batch);
  std::int64_t total = 0;
  for (int i = 0; i < conversations; ++i) {
    std::int64_t expected = 0;
    ASSERT_TRUE(db_->run(select_log, {"t", "x" + std::to_string(i)},
                         [&](const Row& row) { EXPECT_EQ(row.integer(0), ++expected); }));
    total += expected;
  }
  EXPECT_EQ(total, rounds * per_batch);
}

INSTANTIATE_ON_BOTH(AppendTest);

}  // namespace
}  // namespace aiim
