// What the server goes through by itself: logins that ended, and changes of credentials since the last look.
#include "store/auth.h"

#include "store/test_db.h"
#include "store/users.h"

namespace aiim {
namespace {

constexpr std::int64_t day_ms = 24 * 3'600'000;

class AuthTest : public DbTest {
 protected:
  Tx begin() { return Tx{*db_, *db_->begin_write(test_start), std::make_shared<EventBatch>()}; }

  void add_login(Tx& tx, const std::string& id, Time ends) {
    Login login;
    login.session_id = id;
    login.user_id = "alice";
    login.refresh_hash = "hash of " + id;
    login.expires_at = ends;
    ASSERT_TRUE(insert_login(tx, "t", login));
  }
  bool exists(const std::string& id) {
    auto found = find_login(*db_, "t", id);
    EXPECT_TRUE(found);
    return found && found->has_value();
  }

  std::unique_ptr<Db> db_ = open();
};

TEST_P(AuthTest, LoginsThatEndedAreSweptAndOthersStay) {
  Tx tx = begin();
  const Time now = tx.now;
  add_login(tx, "good", now + day_ms);
  add_login(tx, "ended just now", now + -1000);
  add_login(tx, "ended long ago", now + -2 * day_ms);
  auto more = sweep_logins(tx, now + -day_ms);
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  ASSERT_TRUE(db_->commit());
  EXPECT_TRUE(exists("good"));
  EXPECT_TRUE(exists("ended just now"));
  EXPECT_FALSE(exists("ended long ago"));
}

TEST_P(AuthTest, ManyEndedLoginsAreSweptInSeveralTransactions) {
  Tx tx = begin();
  const Time old = tx.now + -2 * day_ms;
  for (int i = 0; i < 700; ++i) add_login(tx, "ended " + std::to_string(i), old + i);
  add_login(tx, "good", tx.now + day_ms);
  ASSERT_TRUE(db_->commit());
  int sweeps = 0;
  for (bool more = true; more; ++sweeps) {
    ASSERT_LT(sweeps, 5);
    Tx sweep = begin();
    auto again = sweep_logins(sweep, sweep.now + -day_ms);
    ASSERT_TRUE(again);
    ASSERT_TRUE(db_->commit());
    more = *again;
    if (sweeps == 0) {
      EXPECT_FALSE(exists("ended 0"));
      EXPECT_TRUE(exists("ended 699"));
    }
  }
  EXPECT_EQ(sweeps, 2);
  EXPECT_FALSE(exists("ended 699"));
  EXPECT_TRUE(exists("good"));
}

TEST_P(AuthTest, ManyLoginsThatEndedInOneMomentAreSweptTogether) {
  Tx tx = begin();
  for (int i = 0; i < 600; ++i) add_login(tx, "ended " + std::to_string(i), tx.now + -2 * day_ms);
  ASSERT_TRUE(sweep_logins(tx, tx.now + -day_ms));
  ASSERT_TRUE(db_->commit());
  EXPECT_FALSE(exists("ended 0"));
  EXPECT_FALSE(exists("ended 599"));
}

TEST_P(AuthTest, ChangesOfCredentialsAreReadFromWhereTheLastPageEnded) {
  Tx tx = begin();
  for (const char* user : {"alice", "bob", "carol"}) ASSERT_TRUE(note_auth_change(tx, "t", user));
  ASSERT_TRUE(db_->commit());
  auto all = auth_changes_after(*db_, tx.now, 0);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3u);
  auto rest = auth_changes_after(*db_, all->front().changed_at, all->front().id);
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->size(), 2u);
  EXPECT_EQ(rest->front().user_id, "bob");
  auto none = auth_changes_after(*db_, all->back().changed_at, all->back().id);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

INSTANTIATE_ON_BOTH(AuthTest);

}  // namespace
}  // namespace aiim
