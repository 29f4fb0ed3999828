// Keys of client ids against a model, over undone transactions, undone savepoints, purges and restarts; and a database
// of an older version, whose index becomes keys.
#include "store/sqlite_client_keys.h"

#include <map>
#include <random>

#include "store/sqlite.h"
#include "store/test_db.h"

namespace aiim {
namespace {

using Keys = SqliteClientKeys;

const Statement count_keys("test.client_keys.count", "SELECT count(*) FROM client_keys", DbKind::sqlite);
const Statement count_recent("test.client_keys.recent",
                             "SELECT (SELECT count(*) FROM client_keys_recent_0) + "
                             "(SELECT count(*) FROM client_keys_recent_1)",
                             DbKind::sqlite);
const Statement count_indexes("test.client_keys.indexes",
                              "SELECT count(*) FROM sqlite_master WHERE name = 'im_messages_by_client_id'",
                              DbKind::sqlite);
const Statement insert_message("test.client_keys.message",
                               "INSERT INTO im_messages (message_id, conversation_id, sender_id, type, content, "
                               "client_msg_id, created_at, seq, rev, tenant_id) "
                               "VALUES ($1, $2, $3, 'text', '{}', $4, $5, $6, $6, 't')",
                               DbKind::sqlite);

class ClientKeysTest : public testing::Test {
 protected:
  std::int64_t number(const Statement& statement) {
    std::int64_t value = -1;
    EXPECT_TRUE(db_->run(statement, {}, [&](const Row& row) { value = row.integer(0); }));
    return value;
  }
  void begin() { ASSERT_TRUE(db_->begin_write(test_start)); }
  static Keys::Key key(int n) {
    return Keys::key_of(Keys::prefix_of("t", "c" + std::to_string(n % 7)), "ann", std::to_string(n));
  }

  TestDb database_{DbKind::sqlite, false};
  std::unique_ptr<Db> db_ = database_.open();
};

TEST_F(ClientKeysTest, agree_with_a_model) {
  ASSERT_TRUE(migrate_up(*db_));
  std::mt19937 random(7);
  auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  std::map<int, std::int64_t> kept;    // by committed transactions
  std::map<int, std::int64_t> purged;  // may be found for a while: who asks sees that no message stands there
  auto keys = std::make_unique<Keys>(*db_, 50);
  begin();
  ASSERT_TRUE(keys->open());
  ASSERT_TRUE(db_->commit());
  keys->committed();
  int restarts = 0;
  for (int round = 1; round <= 600; ++round) {
    auto now = kept;
    begin();
    auto add = [&](int n) {
      auto found = keys->find(key(n));
      ASSERT_TRUE(found);
      auto known = now.find(n);
      if (*found && known == now.end() && purged.count(n) && purged[n] == **found) found = std::nullopt;
      ASSERT_EQ(*found, known == now.end() ? std::nullopt : std::optional(known->second)) << "key " << n;
      if (known != now.end()) return;
      auto seq = static_cast<std::int64_t>(round) * 100 + below(100);
      ASSERT_TRUE(keys->add(key(n), seq));
      now[n] = seq;
    };
    for (int i = below(12); i > 0; --i) add(below(3000));
    if (below(4) == 0) {
      ASSERT_TRUE(db_->savepoint());
      auto mark = keys->mark();
      auto before = now;
      for (int i = below(12); i > 0; --i) add(below(3000));
      ASSERT_TRUE(keys->settle());
      if (below(2)) {
        ASSERT_TRUE(db_->rollback_to_savepoint());
        keys->back_to(mark);
        now = before;
      } else {
        ASSERT_TRUE(db_->release_savepoint());
      }
    }
    if (below(5) == 0 && !now.empty()) {
      auto gone = std::next(now.begin(), below(static_cast<unsigned>(now.size())));
      if (kept.count(gone->first)) {  // only messages of earlier transactions are purged
        ASSERT_TRUE(keys->forget(key(gone->first), gone->second));
        purged[gone->first] = gone->second;
        now.erase(gone);
      }
    }
    ASSERT_TRUE(keys->settle());
    if (below(4) == 0) {
      db_->rollback();
      keys->rolled_back();
    } else {
      ASSERT_TRUE(db_->commit());
      keys->committed();
      kept = now;
    }
    if (below(40) == 0) {  // what is in memory is lost
      ++restarts;
      keys = std::make_unique<Keys>(*db_, 50);
      begin();
      ASSERT_TRUE(keys->open());
      ASSERT_TRUE(db_->commit());
      keys->committed();
      EXPECT_EQ(number(count_recent), 0);
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(restarts, 5);
  for (auto& [n, seq] : kept) EXPECT_EQ(keys->find(key(n)).value(), seq);
  EXPECT_LE(number(count_recent), 200);  // two generations, one growing while the other settles
  EXPECT_GT(number(count_keys), 500);
}

TEST_F(ClientKeysTest, an_undone_start_begins_again) {
  ASSERT_TRUE(migrate_up(*db_));
  Keys keys(*db_);
  begin();
  ASSERT_TRUE(keys.open());
  EXPECT_EQ(number(count_indexes), 0);
  db_->rollback();
  keys.rolled_back();
  EXPECT_EQ(number(count_indexes), 1);
  begin();
  ASSERT_TRUE(keys.open());
  ASSERT_TRUE(db_->commit());
  EXPECT_EQ(number(count_indexes), 0);
}

TEST_F(ClientKeysTest, are_built_from_the_messages_of_an_older_version) {
  ASSERT_TRUE(migrate_up(*db_, migrations().first(5)));
  for (int n = 1; n <= 300; ++n) {
    auto number = std::to_string(n);
    Param id = n % 3 ? Param(number) : Param(nullptr);
    ASSERT_TRUE(db_->run(insert_message, {"m" + number, n % 2 ? "c1" : "c2", "ann", id, test_start, n}));
  }
  ASSERT_TRUE(migrate_up(*db_));
  EXPECT_EQ(number(count_keys), 0);
  ASSERT_TRUE(db_->start_writing());
  EXPECT_EQ(number(count_keys), 200);
  EXPECT_EQ(number(count_indexes), 0);
  Keys keys(*db_);
  for (int n = 1; n <= 300; ++n) {
    auto prefix = Keys::prefix_of("t", n % 2 ? "c1" : "c2");
    auto found = keys.find(Keys::key_of(prefix, "ann", std::to_string(n)));
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, n % 3 ? std::optional<std::int64_t>(n) : std::nullopt);
  }
  ASSERT_TRUE(db_->start_writing()) << "a second start";
  EXPECT_EQ(number(count_keys), 200);
}

}  // namespace
}  // namespace aiim
