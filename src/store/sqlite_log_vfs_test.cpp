// What the gathering layer owes SQLite: another connection sees a commit at once, a transaction larger than SQLite's
// cache reads its own pages back from the log, an undone one leaves nothing, and a failed write is a failed commit.
#include "store/sqlite_log_vfs.h"

#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>

#include "store/test_db.h"

namespace aiim {
namespace {

class LogVfsTest : public testing::Test {
 protected:
  void SetUp() override {
    writer_ = open(log_gathering_vfs());
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; "
        "CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)");
    other_ = open(nullptr);
  }
  void TearDown() override {
    sqlite3_close(writer_);
    sqlite3_close(other_);
  }

  sqlite3* open(const char* vfs) {
    sqlite3* db = nullptr;
    EXPECT_EQ(sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs), SQLITE_OK);
    return db;
  }
  int run(const std::string& sql) { return sqlite3_exec(writer_, sql.c_str(), nullptr, nullptr, nullptr); }
  void insert(int count) {
    EXPECT_EQ(run("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < " + std::to_string(count) +
                  ") INSERT INTO t (text) SELECT printf('%0400d', n) FROM c"),
              SQLITE_OK);
  }
  static std::string one(sqlite3* db, const char* sql) {
    std::string text = "?";
    auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] ? values[0] : "null";
      return 0;
    };
    int code = sqlite3_exec(db, sql, keep, &text, nullptr);
    return code == SQLITE_OK ? text : sqlite3_errstr(code);
  }
  std::int64_t log_bytes() const { return static_cast<std::int64_t>(std::filesystem::file_size(path_ + "-wal")); }

  TestDir directory_;
  std::string path_ = directory_.path() + "/x.db";
  sqlite3* writer_ = nullptr;
  sqlite3* other_ = nullptr;
};

TEST_F(LogVfsTest, a_commit_is_seen_by_a_connection_without_it_whatever_is_synced) {
  for (const char* level : {"FULL", "NORMAL", "OFF"}) {
    run(std::string("DELETE FROM t; PRAGMA synchronous=") + level);
    insert(1);
    EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "1") << level;
    insert(500);  // several writes' worth
    EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "501") << level;
    EXPECT_EQ(one(other_, "PRAGMA integrity_check"), "ok") << level;
  }
}

TEST_F(LogVfsTest, a_transaction_larger_than_the_cache_reads_itself_back) {
  run("PRAGMA cache_size=10; BEGIN");
  insert(3000);
  run("UPDATE t SET text = text || 'x' WHERE n % 7 = 0");
  EXPECT_EQ(one(writer_, "SELECT COUNT(*) FROM t WHERE text LIKE '%x'"), "428");
  EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "0");
  run("SAVEPOINT s; DELETE FROM t WHERE n > 100; ROLLBACK TO s; RELEASE s; COMMIT");
  EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "3000");
  EXPECT_EQ(one(other_, "PRAGMA integrity_check"), "ok");
}

TEST_F(LogVfsTest, what_was_rolled_back_is_nowhere_and_a_new_log_follows_a_checkpoint) {
  run("PRAGMA cache_size=10; BEGIN");
  insert(2000);
  run("ROLLBACK");
  insert(10);
  EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "10");
  EXPECT_EQ(run("PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
  EXPECT_EQ(log_bytes(), 0);
  insert(10);
  EXPECT_GT(log_bytes(), 0);
  EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "20");
  sqlite3* later = open(log_gathering_vfs());
  EXPECT_EQ(one(later, "SELECT COUNT(*) FROM t"), "20");
  sqlite3_close(later);
}

TEST_F(LogVfsTest, a_log_that_cannot_be_written_fails_the_commit_and_keeps_what_was_there) {
  insert(10);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = static_cast<rlim_t>(log_bytes()) + 20'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  run("BEGIN");
  insert(1000);
  EXPECT_NE(run("COMMIT"), SQLITE_OK);
  run("ROLLBACK");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "10");
  insert(5);
  EXPECT_EQ(one(other_, "SELECT COUNT(*) FROM t"), "15");
  EXPECT_EQ(one(other_, "PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace aiim
