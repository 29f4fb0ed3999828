// The SQLite driver: prepares each statement once, binds by name (SQLite numbers $n by first appearance), stores times
// as fixed-width text and booleans as 1 and 0.
#include "store/sqlite.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "store/sqlite_log_vfs.h"

namespace aiim {
namespace {

constexpr int progress_steps = 20'000;  // virtual machine instructions between looks at the deadline: ~1 ms
constexpr std::size_t time_length = 24;

const Statement move_clock("store_clock.move", "UPDATE store_clock SET at = max(at, $1) WHERE id = 1 RETURNING at",
                           DbKind::sqlite);

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  bool boolean(int column) const override { return sqlite3_column_int(statement_, column) != 0; }
  std::string_view text(int column) const override {
    auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (!text) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  Time time(int column) const override { return parse_time(text(column)).value_or(Time{}); }

 private:
  sqlite3_stmt* statement_;
};

ErrorCode error_code(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return ErrorCode::conflict;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT: return ErrorCode::unavailable;
    default: return ErrorCode::internal;
  }
}

}  // namespace

SqliteDb::~SqliteDb() {
  checkpointer_.reset();
  for (auto& prepared : prepared_) sqlite3_finalize(prepared.statement);
  for (auto& [sql, statement] : controls_) sqlite3_finalize(statement);
  sqlite3_close_v2(db_);
  if (writer_lock_ >= 0) close(writer_lock_);
}

Result<> SqliteDb::open(const std::string& path) {
  // Nobody reads SQLite's own memory statistics, and each allocation would take a process-wide mutex for them.
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  path_ = path;
  // One thread at a time uses a connection, so SQLite needs no mutex of its own.
  int code = sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                             log_gathering_vfs());
  if (code != SQLITE_OK) {
    int why = db_ ? sqlite3_system_errno(db_) : 0;
    return Error(ErrorCode::unavailable,
                 "cannot open the database file: " + std::string(why ? std::strerror(why) : sqlite3_errstr(code)));
  }
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, 5000);
  sqlite3_progress_handler(db_, progress_steps, &SqliteDb::progress, this);
  // No automatic checkpoints: see sqlite_checkpointer.h.
  auto done = run_script(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-65536; "
      "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON;");
  if (!done) return Error(done.error().code, std::string("cannot use the database file: ") + sqlite3_errmsg(db_));
  sqlite3_wal_hook(db_, &SqliteDb::log_grew, this);
  return {};
}

int SqliteDb::log_grew(void* self, sqlite3*, const char*, int pages) {
  static_cast<SqliteDb*>(self)->log_pages_ = pages;
  return SQLITE_OK;
}

// After a commit. When readers kept the log from starting anew, another thousand pages go by before the next attempt:
// each costs the writer a sync.
void SqliteDb::bound_log() {
  if (log_pages_ < SqliteCheckpointer::pages_per_round && !checkpointer_) return;
  if (!checkpointer_) checkpointer_ = std::make_unique<SqliteCheckpointer>(path_);
  checkpointer_->grew_to(log_pages_);
  if (log_pages_ < SqliteCheckpointer::pages_max) finish_at_ = SqliteCheckpointer::pages_max;
  if (log_pages_ < finish_at_) return;
  int code = sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_BUSY) return;  // the checkpointer is at it: at the next commit
  finish_at_ = log_pages_ + 1000;
  if (code != SQLITE_OK) (void)failed("checkpoint", code);
}

// A statement past its deadline is interrupted; zero goes on.
int SqliteDb::progress(void* self) {
  auto deadline_ms = static_cast<SqliteDb*>(self)->deadline_ms_;
  return deadline_ms != 0 && steady_ms() > deadline_ms;
}

Error SqliteDb::failed(const char* what, int code) {
  auto kind = error_code(code);
  LogFields fields = {{"statement", what}, {"sqlite_code", code}, {"error", sqlite3_errmsg(db_)}};
  kind == ErrorCode::conflict ? log_warn("sqlite_failed", fields) : log_error("sqlite_failed", fields);
  // After a failed fsync (or a commit that broke off) nobody knows what is on disk, and a retry would claim success.
  bool commit = std::string_view(what) == "COMMIT" && (code & 0xff) == SQLITE_IOERR;
  if (commit || code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
    std::fprintf(stderr, "aiim: the database file could not be synced to disk; stopping\n");
    std::abort();
  }
  return Error(kind, kind == ErrorCode::conflict ? "The change conflicts with stored data." : "");
}

Result<SqliteDb::Prepared*> SqliteDb::prepare(const Statement& statement) {
  auto number = static_cast<std::size_t>(statement.number());
  if (number >= prepared_.size()) prepared_.resize(Statement::all().size());
  Prepared& prepared = prepared_[number];
  if (prepared.statement) return &prepared;
  sqlite3_stmt* made = nullptr;
  int code = sqlite3_prepare_v3(db_, statement.sql(), -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
  if (code != SQLITE_OK) return failed(statement.name(), code);
  prepared.statement = made;
  prepared.reads_only = sqlite3_stmt_readonly(made) != 0;
  for (int i = 1; i <= sqlite3_bind_parameter_count(made); ++i) {
    const char* name = sqlite3_bind_parameter_name(made, i);
    int n = 0;
    AIIM_CHECK(name && *name == '$');
    auto [end, error] = std::from_chars(name + 1, name + std::strlen(name), n);
    AIIM_CHECK(error == std::errc() && *end == 0 && n >= 1);
    prepared.parameter_of.push_back(n - 1);
    prepared.parameters = std::max(prepared.parameters, n);
  }
  return &prepared;
}

void SqliteDb::bind(const Prepared& prepared, std::span<const Param> params) {
  times_.clear();
  times_.reserve(prepared.parameter_of.size() * time_length);  // never moves while texts are bound
  for (std::size_t i = 0; i < prepared.parameter_of.size(); ++i) {
    struct Bind {
      sqlite3_stmt* statement;
      int at;
      std::string& times;
      int text(std::string_view v) const {
        return sqlite3_bind_text64(statement, at, v.data() ? v.data() : "", v.size(), SQLITE_STATIC, SQLITE_UTF8);
      }
      int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, at); }
      int operator()(std::int64_t v) const { return sqlite3_bind_int64(statement, at, v); }
      int operator()(bool v) const { return sqlite3_bind_int64(statement, at, v ? 1 : 0); }
      int operator()(double v) const { return sqlite3_bind_double(statement, at, v); }
      int operator()(std::string_view v) const { return text(v); }
      int operator()(const RawJson* v) const { return text(v->text); }
      int operator()(Time v) const {
        auto from = times.size();
        append_rfc3339(times, v);
        return text(std::string_view(times).substr(from));
      }
    };
    Bind bind_one{prepared.statement, static_cast<int>(i) + 1, times_};
    int code = std::visit(bind_one, params[static_cast<std::size_t>(prepared.parameter_of[i])].value());
    AIIM_CHECK(code == SQLITE_OK);
  }
}

Result<std::int64_t> SqliteDb::run(const Statement& statement, std::span<const Param> params, EachRow each) {
  TRY_AS(prepared, prepare(statement));
  sqlite3_stmt* at = prepared->statement;
  AIIM_CHECK(!sqlite3_stmt_busy(at));  // not from within its own rows
  AIIM_CHECK(static_cast<std::size_t>(prepared->parameters) <= params.size());
  if (reading_ && !prepared->reads_only) {
    log_error("sqlite_failed", {{"statement", statement.name()}, {"error", "a write in a read transaction"}});
    return Error(ErrorCode::internal);
  }
  bind(*prepared, params);
  deadline_ms_ = steady_ms() + query_timeout_ms_;
  SqliteRow row(at);
  std::int64_t rows = 0;
  int code;
  while ((code = sqlite3_step(at)) == SQLITE_ROW) {
    ++rows;
    if (each) each(row);
  }
  deadline_ms_ = 0;
  if (code != SQLITE_DONE) {
    auto error = failed(statement.name(), code);
    sqlite3_reset(at);
    return error;
  }
  std::int64_t changed = sqlite3_column_count(at) > 0 ? rows : sqlite3_changes64(db_);
  sqlite3_reset(at);
  return changed;
}

Result<> SqliteDb::run_script(std::string_view sql) {
  int code = sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed("script", code);
  return {};
}

// BEGIN, COMMIT and the like: literals, prepared once.
Result<> SqliteDb::control(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  for (auto& [text, prepared] : controls_) {
    if (text == sql) statement = prepared;
  }
  if (!statement) {
    int code = sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return failed(sql, code);
    controls_.emplace_back(sql, statement);
  }
  int code = sqlite3_step(statement);
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement);
    return {};
  }
  auto error = failed(sql, code);
  sqlite3_reset(statement);
  return error;
}

Result<Time> SqliteDb::begin_write(Time now) {
  static const char* const begin = "BEGIN IMMEDIATE";
  TRY(control(begin));
  Time time = now;
  auto moved = run(move_clock, {now}, [&](const Row& row) { time = row.time(0); });
  if (!moved || *moved != 1) {
    rollback();
    return moved ? Error(ErrorCode::internal) : moved.error();
  }
  return time;
}

Result<> SqliteDb::begin_read() {
  static const char* const begin = "BEGIN";
  TRY(control(begin));
  reading_ = true;
  return {};
}

// Nothing is left to be done but the commit itself, so `by` has no say.
Result<> SqliteDb::commit(std::optional<Time>) {
  static const char* const sql = "COMMIT";
  bool wrote = !std::exchange(reading_, false);
  TRY(control(sql));
  if (!wrote) return {};
  client_keys_.committed();
  bound_log();
  return {};
}

void SqliteDb::rollback() {
  static const char* const sql = "ROLLBACK";
  reading_ = false;
  if (!sqlite3_get_autocommit(db_)) (void)control(sql);  // a full disk may have rolled it back already
  client_keys_.rolled_back();
}

Result<> SqliteDb::savepoint() {
  static const char* const sql = "SAVEPOINT job";
  saved_keys_ = client_keys_.mark();
  return control(sql);
}

Result<> SqliteDb::release_savepoint() {
  static const char* const sql = "RELEASE job";
  return control(sql);
}

Result<> SqliteDb::rollback_to_savepoint() {
  static const char* const back = "ROLLBACK TO job";
  static const char* const release = "RELEASE job";
  TRY(control(back));
  client_keys_.back_to(saved_keys_);
  return control(release);
}

// What client ids were used is partly in the writer's memory, so there is one. SQLite's own locks are of other files:
// closing this one drops none of them.
Result<> SqliteDb::start_writing() {
  std::string path = path_ + "-writer";
  if (writer_lock_ < 0) writer_lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (writer_lock_ < 0) return Error(ErrorCode::unavailable, "cannot open " + path + ": " + std::strerror(errno));
  if (flock(writer_lock_, LOCK_EX | LOCK_NB) != 0) {
    return Error(ErrorCode::conflict, "the database " + path_ + " is in use by another aiim server");
  }
  TRY(begin_write(SystemClock().now()));
  if (auto opened = client_keys_.open(); !opened) {
    rollback();
    return opened;
  }
  return commit();
}

Result<> SqliteDb::forget_client_id(const ClientId& used) {
  TRY(client_keys_.open());
  auto prefix = SqliteClientKeys::prefix_of(used.tenant_id, used.conversation_id);
  return client_keys_.forget(SqliteClientKeys::key_of(prefix, used.sender_id, used.client_msg_id), used.seq);
}

Result<std::unique_ptr<Db>> open_sqlite(const DbTarget& target) {
  auto db = std::make_unique<SqliteDb>(target.query_timeout_ms);
  TRY(db->open(target.sqlite_path));
  return std::unique_ptr<Db>(std::move(db));
}

}  // namespace aiim
