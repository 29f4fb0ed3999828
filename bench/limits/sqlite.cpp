// Bare SQLite: WAL, synchronous=FULL, AIIM's schema and indexes; numbers and inserts messages of random conversations
// in batches. No membership, no repeats, no events: what the file and the engine allow.
#include <sqlite3.h>

#include <memory>
#include <random>

#include "limits/database.h"
#include "limits/limits.h"
#include "limits/schema.h"

namespace aiim::bench {
namespace {

class BareSqlite {
 public:
  BareSqlite() : directory_(make_directory("aiim-bench-sqlite")) {
    if (sqlite3_open((directory_ + "/aiim.db").c_str(), &db_) != SQLITE_OK) fail("sqlite: {}", sqlite3_errmsg(db_));
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-65536; "
        "PRAGMA temp_store=MEMORY");
    run(whole_schema(DbKind::sqlite));
    run("BEGIN");
    for (int i = 0; i < limit_conversations; i++)
      run(
          fmt::format("INSERT INTO conversations (tenant_id, conversation_id, created_at, updated_at, epoch) VALUES "
                      "('default','{}','{}','{}','e')",
                      conversation_name(i), message_time, message_time));
    run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    number_ = prepare(
        "UPDATE conversations SET last_seq = last_seq + 1, rev = rev + 1, updated_at = ?2 WHERE tenant_id = 'default' "
        "AND "
        "conversation_id = ?1 RETURNING last_seq, rev");
    insert_ = prepare(
        "INSERT INTO im_messages (message_id, conversation_id, sender_id, type, content, client_msg_id, created_at, "
        "seq, rev, tenant_id) "
        "VALUES (?1, ?2, 'sender-17', 'text', ?3, ?1, ?4, ?5, ?6, 'default')");
  }
  ~BareSqlite() {
    for (sqlite3_stmt* statement : {begin_, commit_, number_, insert_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
    remove_directory(directory_);
  }
  BareSqlite(const BareSqlite&) = delete;
  BareSqlite& operator=(const BareSqlite&) = delete;

  void commit(int64_t batch) {
    step(begin_, SQLITE_DONE);
    for (int64_t i = 0; i < batch; i++) append();
    step(commit_, SQLITE_DONE);
  }

 private:
  void append() {
    std::string conversation = conversation_name(static_cast<int>(random_() % limit_conversations)),
                message = message_name(next_++);
    text(number_, 1, conversation);
    text(number_, 2, message_time);
    if (sqlite3_step(number_) != SQLITE_ROW) fail("sqlite: {}", sqlite3_errmsg(db_));
    int64_t seq = sqlite3_column_int64(number_, 0), rev = sqlite3_column_int64(number_, 1);
    step(number_, SQLITE_DONE);
    text(insert_, 1, message);
    text(insert_, 2, conversation);
    text(insert_, 3, message_content);
    text(insert_, 4, message_time);
    sqlite3_bind_int64(insert_, 5, seq);
    sqlite3_bind_int64(insert_, 6, rev);
    step(insert_, SQLITE_DONE);
  }
  void run(const std::string& sql) {
    if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail("sqlite: {}", sqlite3_errmsg(db_));
  }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
      fail("sqlite: {}", sqlite3_errmsg(db_));
    return statement;
  }
  void text(sqlite3_stmt* statement, int index, std::string_view value) {
    sqlite3_bind_text(statement, index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
  }
  void step(sqlite3_stmt* statement, int expected) {
    if (sqlite3_step(statement) != expected) fail("sqlite: {}", sqlite3_errmsg(db_));
    sqlite3_reset(statement);
  }

  std::string directory_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt *begin_ = nullptr, *commit_ = nullptr, *number_ = nullptr, *insert_ = nullptr;
  std::mt19937 random_{17};
  int64_t next_ = 0;
};

}  // namespace

Case limit_sqlite(int64_t batch) {
  Case one{.workload = "limit-sqlite", .needs_server = false};
  one.params = {{"batch", std::to_string(batch)}};
  one.run = [=](Bench& bench, Result& result) {
    BareSqlite database;
    bench.use({}, "sqlite WAL, synchronous=FULL", 0);
    time_commits(bench, result, batch, [&] { database.commit(batch); });
  };
  return one;
}

}  // namespace aiim::bench
