// What changed since a rev, against a plain reading of all rows: after random histories, and after the migration of a
// database that was written before first_rev was there.
#include "store/changed_messages.h"

#include <algorithm>
#include <random>
#include <string>

#include "store/history.h"
#include "store/test_db.h"

namespace aiim {
namespace {

const Statement select_all("test.messages.revs",
                           "SELECT rev, message_id FROM im_messages WHERE tenant_id = $1 AND conversation_id = $2 "
                           "ORDER BY rev");
const Statement insert_old(
    "test.messages.old",
    "INSERT INTO im_messages (message_id, conversation_id, sender_id, type, content, created_at, "
    "seq, rev, tenant_id) VALUES ($1, $2, 'alice', 'text', $3, $4, $5, $6, 't')");
const Statement set_counters("test.conversations.set",
                             "UPDATE conversations SET last_seq = $2, rev = $3 WHERE conversation_id = $1 "
                             "AND tenant_id = 't'");

const Statement forget("test.messages.forget",
                       "DELETE FROM im_messages WHERE tenant_id = 't' AND conversation_id = $1 AND seq < $2");

const Statement set_min_seq("test.conversations.min_seq",
                            "UPDATE conversations SET min_seq = $2 WHERE tenant_id = 't' AND conversation_id = $1");

constexpr std::int64_t no_limit = 100'000;
constexpr const char* content = R"({"text":"hello"})";
using Revs = std::vector<std::pair<std::int64_t, std::string>>;

Revs all_revs(Db& db, const char* id) {
  Revs revs;
  EXPECT_TRUE(db.run(select_all, {"t", id}, [&](const Row& row) { revs.emplace_back(row.integer(0), row.string(1)); }));
  return revs;
}

// Every position a client can be at, and pages of one message up to all.
void expect_same_as_plain_reading(Db& db, const char* id) {
  auto row = find_conversation(db, "t", id);
  ASSERT_TRUE(row && *row);
  Revs all = all_revs(db, id);
  for (std::int64_t since = 0; since <= (*row)->rev; ++since) {
    auto first = std::find_if(all.begin(), all.end(), [&](auto& each) { return each.first > since; });
    auto count = count_after_rev(db, **row, since);
    ASSERT_TRUE(count);
    ASSERT_EQ(*count, std::min<std::int64_t>(all.end() - first, 1001)) << "since " << since;
    for (std::int64_t limit : {std::int64_t{1}, std::int64_t{7}, no_limit}) {
      auto found = messages_after_rev(db, **row, since, limit);
      ASSERT_TRUE(found);
      Revs got;
      for (const Message& message : *found) got.emplace_back(message.rev, message.message_id);
      ASSERT_EQ(got, Revs(first, first + std::min<std::int64_t>(limit, all.end() - first))) << "since " << since;
    }
  }
}

class ChangedMessagesTest : public DbTest {
 protected:
  void SetUp() override {
    db_ = open();
    add_conversation(*db_, "c1", {"alice"});
    add_conversation(*db_, "c2", {"alice"});
  }

  std::string send(const char* conversation) {
    MessageDraft draft;
    draft.tenant_id = "t";
    draft.conversation_id = conversation;
    draft.message_id = "m" + std::to_string(++made_);
    draft.sender_id = "alice";
    draft.content.text = content;
    const MessageDraft* batch[] = {&draft};
    AppendOutcome outcome[1];
    auto now = db_->begin_write(test_start);
    EXPECT_TRUE(now && db_->append_messages(batch, outcome, *now) && db_->commit());
    return draft.message_id;
  }

  // Something that takes a rev: of a message, or of the conversation alone.
  void change(const std::string& message, int what) {
    auto now = db_->begin_write(test_start);
    ASSERT_TRUE(now);
    Tx tx{.db = *db_, .now = *now, .events = std::make_shared<EventBatch>()};
    auto actor = lock_membership(tx, "t", "c1", "alice");
    ASSERT_TRUE(actor);
    RawJson edited{content};
    if (what == 0) {
      ASSERT_TRUE(edit_message(tx, *actor, message, edited, UserKind::human));
    } else if (what < 3) {
      ASSERT_TRUE(react(tx, *actor, message, "x", what == 2));
    } else if (what == 3) {
      ASSERT_TRUE(recall_message(tx, *actor, message));
    } else {
      ASSERT_TRUE(take_rev(tx, actor->conversation));
    }
    ASSERT_TRUE(db_->commit());
  }

  std::unique_ptr<Db> db_;
  int made_ = 0;
};

TEST_P(ChangedMessagesTest, random_histories_are_read_as_by_a_plain_scan) {
  std::mt19937 random(7);
  std::vector<std::string> kept;  // kept: not recalled
  for (int i = 0; i < 160; ++i) {
    int what = static_cast<int>(random() % 12);
    if (what > 4 || kept.empty()) {
      kept.push_back(send("c1"));
      send("c2");
    } else {
      std::size_t at = random() % kept.size();
      change(kept[at], what);
      if (what == 3) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  expect_same_as_plain_reading(*db_, "c1");
  expect_same_as_plain_reading(*db_, "c2");
  ASSERT_TRUE(db_->begin_write(test_start));  // what retention does
  ASSERT_TRUE(db_->run(forget, {"c1", 40}) && db_->run(set_min_seq, {"c1", 40}));
  ASSERT_TRUE(db_->commit());
  expect_same_as_plain_reading(*db_, "c1");
}

TEST_P(ChangedMessagesTest, more_than_a_thousand_changes_are_counted_as_such_whatever_they_are) {
  send("c1");
  auto now = db_->begin_write(test_start);
  ASSERT_TRUE(now);
  RawJson json{content};
  std::int64_t rev = 601;  // 600 changes of the conversation itself lie between the messages
  for (std::int64_t seq = 2; seq <= 1100; ++seq) {
    ASSERT_TRUE(db_->run(insert_old, {"s" + std::to_string(seq), "c1", json, *now, seq, ++rev}));
  }
  ASSERT_TRUE(db_->run(set_counters, {"c1", 1100, rev}));
  ASSERT_TRUE(db_->commit());
  auto row = find_conversation(*db_, "t", "c1");
  ASSERT_TRUE(row && *row);
  EXPECT_EQ(count_after_rev(*db_, **row, 0).value(), 1001);
  EXPECT_EQ(count_after_rev(*db_, **row, 1).value(), 1001);
  EXPECT_EQ(count_after_rev(*db_, **row, 300).value(), 1001);
  EXPECT_EQ(count_after_rev(*db_, **row, rev - 1000).value(), 1000);
  EXPECT_EQ(count_after_rev(*db_, **row, rev).value(), 0);
}

INSTANTIATE_ON_BOTH(ChangedMessagesTest);

class FirstRevMigrationTest : public testing::TestWithParam<DbKind> {
 protected:
  TestDb database_{GetParam(), false};
  std::unique_ptr<Db> db_ = database_.open();
};

TEST_P(FirstRevMigrationTest, a_database_without_first_rev_is_read_as_before) {
  ASSERT_TRUE(migrate_up(*db_, migrations().first(2)));
  std::mt19937 random(11);
  RawJson json{content};
  for (const char* id : {"c1", "c2", "c3"}) {
    add_conversation(*db_, id, {"alice"});
    // What a version without first_rev left behind: the revs of last changes, in any order.
    std::vector<std::int64_t> revs;
    std::int64_t rev = 1;
    for (int i = 0; i < 150; ++i) {
      ++rev;
      int what = static_cast<int>(random() % 4);
      if (what < 2 || revs.empty()) {
        revs.push_back(rev);
      } else if (what == 2) {
        revs[random() % revs.size()] = rev;
      }
    }
    auto now = db_->begin_write(test_start);
    ASSERT_TRUE(now);
    for (std::size_t i = 0; i < revs.size(); ++i) {
      auto seq = static_cast<std::int64_t>(i) + 1;
      ASSERT_TRUE(db_->run(insert_old, {id + std::to_string(seq), id, json, *now, seq, revs[i]}));
    }
    ASSERT_TRUE(db_->run(set_counters, {id, static_cast<std::int64_t>(revs.size()), rev}));
    ASSERT_TRUE(db_->commit());
  }
  ASSERT_TRUE(migrate_up(*db_));
  for (const char* id : {"c1", "c2", "c3"}) expect_same_as_plain_reading(*db_, id);
}

INSTANTIATE_ON_BOTH(FirstRevMigrationTest);

TEST(ChangedMessages, each_statement_that_changes_a_message_s_rev_keeps_its_first) {
  int seen = 0;
  for (auto* statement : Statement::all()) {
    std::string sql = statement->sql(), name = statement->name();
    if (name.rfind("test.", 0) == 0 || sql.find("UPDATE im_messages") == sql.npos) continue;
    if (sql.find(" rev = ") == sql.npos) continue;
    ++seen;
    EXPECT_NE(sql.find("first_rev = COALESCE(first_rev, rev)"), sql.npos) << name << ": use MESSAGE_REV";
  }
  EXPECT_GE(seen, 4);
}

}  // namespace
}  // namespace aiim
