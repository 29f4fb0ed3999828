// PostgreSQL's connection over libpq, always in pipeline mode: what needs no answer of its own (BEGIN, SAVEPOINT, the
// end of a read) travels with the next statement. Every wait has a deadline; a connection that misses it is given up.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "store/db.h"
#include "store/postgres_values.h"

namespace aiim {

class BatchStatement;

Result<std::unique_ptr<Db>> open_postgres(const DbTarget& target);

/// What each connection sets before its first statement.
std::string postgres_session_setup(std::int64_t query_timeout_ms);

class PostgresDb final : public Db {
 public:
  explicit PostgresDb(std::int64_t query_timeout_ms) : query_timeout_ms_(query_timeout_ms) {}
  ~PostgresDb() override;
  Result<> open(const std::string& url);

  DbKind kind() const override { return DbKind::postgres; }
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
  bool usable() const override { return !lost_; }
  bool surely_undone() const override { return surely_undone_; }
  bool wants_retry() const override { return wants_retry_; }
  Result<> append_messages(std::span<const MessageDraft* const> drafts, std::span<AppendOutcome> outcomes,
                           Time now) override;
  Result<> advance_cursors(std::span<const CursorStep* const> steps, std::span<CursorOutcome> outcomes,
                           Time now) override;
  Result<> append_streams(std::span<const StreamAppend* const> appends, std::span<StreamAppendOutcome> outcomes,
                          Time now) override;

 private:
  friend class PgPipeline;
  // A command on its way: its results arrive in this order.
  struct Sent {
    // write: a query whose rows nobody wants, awaited with the next round trip
    enum Kind : std::uint8_t { control, prepare, query, write, sync } kind;
    const char* what;            // for the log
    const Statement* statement;  // prepare, query, write
  };

  /// A statement that was sent at `asked_ms` brought the server's time.
  void heard_time(Time time, std::int64_t asked_ms) {
    clock_ = time;
    clock_asked_ms_ = asked_ms;
  }
  Result<> send_control(const char* sql);
  Result<> send_pending();
  Result<> send_prepared(const Statement& statement, int count, const char* const* values, const int* lengths,
                         const int* formats);
  Result<> send_statement(const Statement& statement, int count, const char* const* values, const int* lengths,
                          const int* formats);
  Result<> send_sync();
  /// Sends a sync and awaits all that was sent: the results of the queries, in order, or the first failure.
  Result<std::vector<PgResult>> finish();
  /// What was sent is awaited with the commit or with the results of the next pipeline; before a statement of run() and
  /// before another job's savepoint.
  void finish_later();
  Result<> await_result(std::int64_t deadline_ms);
  Result<> take_result(const Sent& sent, std::vector<PgResult>& results, std::int64_t deadline_ms,
                       std::optional<Error>& failure);
  Result<> await_script(std::int64_t deadline_ms);
  Error failed(const char* what, const PGresult* result);
  Error lose(const char* why);

  PGconn* connection_ = nullptr;
  std::int64_t query_timeout_ms_;
  bool lost_ = false;
  bool surely_undone_ = false;
  bool wants_retry_ = false;
  bool committed_ = false;            // the server said so, to the last COMMIT
  bool open_ = false;                 // a transaction was begun on the server
  bool reading_ = false;              // … by begin_read()
  bool unfinished_ = false;           // finish_later() was called
  std::vector<char> prepared_;        // by Statement::number()
  std::vector<const char*> pending_;  // controls that go out before the next statement
  std::vector<Sent> sent_;
  std::string scratch_;  // texts of the parameters of one statement
  Time last_time_;
  // The server's clock, as each transaction brings it: what it showed, and when on ours it was asked.
  std::optional<Time> clock_;
  std::int64_t clock_asked_ms_ = 0;
};

/// Several statements over the rows of batches in one round trip.
class PgPipeline {
 public:
  explicit PgPipeline(PostgresDb& db) : db_(db) {}
  // Borrowed: it must live until add() returns.
  struct Value {
    Value(const PgArray& column) : array(&column) {}
    Value(const std::string& value) : text(&value) {}
    const PgArray* array = nullptr;     // a column of the statement's rows
    const std::string* text = nullptr;  // the same for all rows
  };
  /// Arrays of one element each are sent as plain values, to the statement's form for one row.
  Result<> add(const BatchStatement& statement, std::initializer_list<Value> values);
  Result<std::vector<PgResult>> finish() { return db_.finish(); }
  /// For statements whose rows nobody wants. Their failure is told by the commit, or by what is asked next.
  void finish_later() { db_.finish_later(); }

 private:
  PostgresDb& db_;
};

}  // namespace aiim
