// SQLite's connection. WAL with a synced commit; one that writes much starts a checkpointer for itself.
#pragma once
#include <sqlite3.h>

#include <string>
#include <vector>

#include "store/db.h"
#include "store/sqlite_checkpointer.h"
#include "store/sqlite_client_keys.h"

namespace aiim {

Result<std::unique_ptr<Db>> open_sqlite(const DbTarget& target);

class SqliteDb final : public Db {
 public:
  explicit SqliteDb(std::int64_t query_timeout_ms) : query_timeout_ms_(query_timeout_ms) {}
  ~SqliteDb() override;
  Result<> open(const std::string& path);

  DbKind kind() const override { return DbKind::sqlite; }
  using Db::run;
  Result<std::int64_t> run(const Statement& statement, std::span<const Param> params, EachRow each) override;
  Result<> run_script(std::string_view sql) override;
  Result<Time> begin_write(Time now) override;
  Result<> begin_read() override;
  using Db::commit;
  Result<> commit(std::optional<Time> by) override;
  void rollback() override;
  Result<> savepoint() override;
  Result<> release_savepoint() override;
  Result<> rollback_to_savepoint() override;
  bool usable() const override { return true; }
  Result<> start_writing() override;
  void release_memory() override { sqlite3_db_release_memory(db_); }
  Result<> forget_client_id(const ClientId& used) override;
  Result<> append_messages(std::span<const MessageDraft* const> drafts, std::span<AppendOutcome> outcomes,
                           Time now) override;
  Result<> advance_cursors(std::span<const CursorStep* const> steps, std::span<CursorOutcome> outcomes,
                           Time now) override;
  Result<> append_streams(std::span<const StreamAppend* const> appends, std::span<StreamAppendOutcome> outcomes,
                          Time now) override;

  sqlite3* handle() { return db_; }
  SqliteClientKeys& client_keys() { return client_keys_; }

 private:
  struct Prepared {
    sqlite3_stmt* statement = nullptr;
    std::vector<int> parameter_of;  // SQLite's number i + 1 takes the caller's parameter parameter_of[i]
    int parameters = 0;             // the highest $n
    bool reads_only = false;
  };
  Result<Prepared*> prepare(const Statement& statement);
  void bind(const Prepared& prepared, std::span<const Param> params);
  Result<> control(const char* sql);
  Error failed(const char* what, int code);
  static int progress(void* self);
  static int log_grew(void* self, sqlite3* db, const char* name, int pages);
  void bound_log();

  sqlite3* db_ = nullptr;
  std::string path_;
  std::int64_t query_timeout_ms_;
  std::int64_t deadline_ms_ = 0;    // of the running statement, on the steady clock
  bool reading_ = false;            // inside begin_read(): nothing may write
  std::vector<Prepared> prepared_;  // by Statement::number()
  std::vector<std::pair<const char*, sqlite3_stmt*>> controls_;
  int log_pages_ = 0;                              // in the write-ahead log after our last commit
  int finish_at_ = SqliteCheckpointer::pages_max;  // pages at which we finish the checkpoint ourselves
  std::unique_ptr<SqliteCheckpointer> checkpointer_;
  int writer_lock_ = -1;  // a file beside the database, locked by the connection that appends
  SqliteClientKeys client_keys_{*this};
  SqliteClientKeys::Mark saved_keys_;  // at the savepoint
  std::string times_;                  // texts of the times bound to the running statement
};

}  // namespace aiim
