// One connection to a database, used by one thread at a time. Two real implementations: sqlite.cpp and postgres.cpp.
// One SQL text serves both; rules for it: $n parameters, no data-modifying CTEs, ANY, unnest, json_each, FOR UPDATE,
// bare LIKE; times and JSON only through Param and Row.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "base/time.h"

namespace aiim {

enum class DbKind : std::uint8_t { sqlite, postgres };

/// An SQL statement. Static storage only: it registers itself, is prepared once per connection, and the plan of each is
/// checked by a test (`grows`: it may never scan a table that grows).
class Statement {
 public:
  /// `only`: a form that one driver alone understands.
  Statement(const char* name, const char* sql, std::optional<DbKind> only = std::nullopt);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  const char* name() const { return name_; }
  const char* sql() const { return sql_; }
  std::optional<DbKind> only() const { return only_; }
  int number() const { return number_; }  // 0, 1, 2 … in the process
  static const std::vector<const Statement*>& all();

 private:
  const char* name_;
  const char* sql_;
  std::optional<DbKind> only_;
  int number_;
};

/// A value bound to $n. Text is borrowed: it must live until run() returns.
class Param {
 public:
  using Value = std::variant<std::nullptr_t, std::int64_t, bool, double, std::string_view, Time, const RawJson*>;
  Param(std::nullptr_t) : value_(nullptr) {}
  Param(std::nullopt_t) : value_(nullptr) {}
  Param(std::int64_t v) : value_(v) {}
  Param(int v) : value_(static_cast<std::int64_t>(v)) {}
  Param(bool v) : value_(v) {}
  Param(double v) : value_(v) {}
  Param(std::string_view v) : value_(v) {}
  Param(const std::string& v) : value_(std::string_view(v)) {}
  Param(const char* v) : value_(std::string_view(v)) {}
  Param(Time v) : value_(v) {}
  Param(const RawJson& v) : value_(&v) {}
  template <class T>
  Param(const std::optional<T>& v) : value_(nullptr) {
    if (v) value_ = Param(*v).value_;
  }
  const Value& value() const { return value_; }

 private:
  Value value_;
};

/// One row of an answer, valid inside the callback that gets it. Columns count from 0.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual bool boolean(int column) const = 0;
  virtual std::string_view text(int column) const = 0;  // also {{json}} columns; empty when null
  virtual Time time(int column) const = 0;

  std::string string(int column) const { return std::string(text(column)); }
  std::optional<std::string> optional_string(int column) const {
    return is_null(column) ? std::nullopt : std::optional(string(column));
  }
  std::optional<Time> optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }
  std::optional<std::int64_t> optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
};

/// A callback for rows: borrowed, never stored.
class EachRow {
 public:
  EachRow() = default;
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, EachRow>) EachRow(F&& f)  // NOLINT: constrained
      : object_(const_cast<void*>(static_cast<const void*>(&f))),
        call_([](void* object, const Row& row) { (*static_cast<std::remove_reference_t<F>*>(object))(row); }) {}
  explicit operator bool() const { return call_ != nullptr; }
  void operator()(const Row& row) const { call_(object_, row); }

 private:
  void* object_ = nullptr;
  void (*call_)(void*, const Row&) = nullptr;
};

/// What makes a client's id unique, and the seq of the message that used it.
struct ClientId {
  std::string tenant_id;
  std::string conversation_id;
  std::string sender_id;
  std::string client_msg_id;
  std::int64_t seq = 0;
};

struct MessageDraft;
struct AppendOutcome;
struct CursorStep;
struct CursorOutcome;
struct StreamAppend;
struct StreamAppendOutcome;

class Db {
 public:
  virtual ~Db() = default;
  virtual DbKind kind() const = 0;

  /// Runs one statement; returns how many rows it returned, or changed when it returns none. A violated constraint is
  /// `conflict`, a lost connection or a full disk `unavailable`, everything else `internal`; the details are logged
  /// here and never reach a client.
  virtual Result<std::int64_t> run(const Statement& statement, std::span<const Param> params, EachRow each) = 0;
  Result<std::int64_t> run(const Statement& statement, std::initializer_list<Param> params = {}, EachRow each = {}) {
    return run(statement, std::span<const Param>(params.begin(), params.size()), each);
  }
  /// Several statements without parameters: migrations.
  virtual Result<> run_script(std::string_view sql) = 0;

  /// Opens a write transaction and returns its time: PostgreSQL's own clock; on SQLite the maximum of `now` and the
  /// highest time ever returned on this database. Never goes back.
  virtual Result<Time> begin_write(Time now) = 0;
  /// Opens a read-only transaction with one snapshot for all its statements.
  virtual Result<> begin_read() = 0;
  Result<> commit() { return commit(std::nullopt); }
  /// Fails with `unavailable`, to be rolled back, when what was sent before was not done `by` the database's time.
  virtual Result<> commit(std::optional<Time> by) = 0;
  virtual void rollback() = 0;
  virtual Result<> savepoint() = 0;  // one level
  virtual Result<> release_savepoint() = 0;
  virtual Result<> rollback_to_savepoint() = 0;
  /// False after the connection was lost: the owner makes a new one.
  virtual bool usable() const = 0;
  /// After a commit that failed with the connection: true when the server hung up before the commit's turn, so that
  /// nothing was kept. Otherwise nobody knows.
  virtual bool surely_undone() const { return false; }
  /// True when the last failure only asks for another attempt of the whole transaction (deadlock, serialization).
  virtual bool wants_retry() const { return false; }

  /// Once, by a connection that will append messages, after the migrations: so that the first append need not wait for
  /// what the driver has to prepare. After an update that may read every message once: two million
  /// took 2.6 s.
  virtual Result<> start_writing() { return {}; }
  /// Gives back memory that only makes the next statements faster.
  virtual void release_memory() {}
  /// The message that used this client id is being deleted.
  virtual Result<> forget_client_id(const ClientId&) { return {}; }

  // The hot statements, in each driver's fastest form, inside the caller's transaction. See messages.h,
  // receipts.h and stream_appends.h for what they decide. One outcome per draft, in order; an error means the whole
  // batch must be rolled back, and may also come from the next statement or the commit.
  virtual Result<> append_messages(std::span<const MessageDraft* const> drafts, std::span<AppendOutcome> outcomes,
                                   Time now) = 0;
  virtual Result<> advance_cursors(std::span<const CursorStep* const> steps, std::span<CursorOutcome> outcomes,
                                   Time now) = 0;
  virtual Result<> append_streams(std::span<const StreamAppend* const> appends, std::span<StreamAppendOutcome> outcomes,
                                  Time now) = 0;
};

struct DbTarget {
  DbKind kind = DbKind::sqlite;
  std::string sqlite_path;   // of the file
  std::string postgres_url;  // libpq URI or conninfo
  std::int64_t query_timeout_ms = 5000;
};

/// Accepts "sqlite:///./im.db", "postgresql://…", "postgres://…", "postgresql+psycopg2://…"; empty: `data_dir`/aiim.db.
Result<DbTarget> parse_database_url(std::string_view url, std::string_view data_dir);
Result<std::unique_ptr<Db>> open_db(const DbTarget& target);

}  // namespace aiim
