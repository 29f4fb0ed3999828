// The PostgreSQL driver: connecting, sending, receiving. Parameters and results travel as text with types inferred by
// the server; statements are prepared once per connection and keep their generic plan, which a test inspects.
#include "store/postgres.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/log.h"
#include "store/batch_statement.h"
#include "store/raw_db.h"

namespace aiim {
namespace {

constexpr std::int64_t grace_ms = 1000;            // the server's own statement_timeout should fire first
constexpr std::int64_t script_ms_max = 1'800'000;  // migrations
constexpr std::int64_t clock_ms_max = 100;         // after which the server is asked for its time again

// Literals are compared by address, so each has one. Prepared at once under the names c0, c1 …
constexpr const char* sql_begin_write = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
constexpr const char* sql_begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr const char* sql_commit = "COMMIT";
constexpr const char* sql_rollback = "ROLLBACK";
constexpr const char* sql_savepoint = "SAVEPOINT job";
constexpr const char* sql_release = "RELEASE SAVEPOINT job";
constexpr const char* sql_back = "ROLLBACK TO SAVEPOINT job";
constexpr const char* pipeline_sync = "sync";
constexpr std::pair<const char*, const char*> controls[] = {
    {"c0", sql_begin_write}, {"c1", sql_begin_read}, {"c2", sql_commit}, {"c3", sql_rollback},
    {"c4", sql_savepoint},   {"c5", sql_release},    {"c6", sql_back}};

// The one clock allowed in SQL.
const Statement read_clock("clock.read", "SELECT clock_timestamp()", DbKind::postgres);
// Right before the COMMIT, where nothing but the COMMIT itself can take time any more: fails when it is too late.
const Statement commit_in_time("commit.in_time.postgres",
                               "SELECT clock_timestamp(), 1 / (clock_timestamp() < $1::timestamptz)::integer",
                               DbKind::postgres);
constexpr std::string_view division_by_zero = "22012";

ErrorCode error_code(std::string_view sqlstate) {
  auto is = [&](std::string_view prefix) { return sqlstate.substr(0, prefix.size()) == prefix; };
  if (is("23")) return ErrorCode::conflict;
  // Connection, resources, cancelled by timeout or operator, deadlock, serialization, read-only standby.
  for (auto prefix : {"08", "53", "57", "58", "40", "55P03", "25006"}) {
    if (is(prefix)) return ErrorCode::unavailable;
  }
  return ErrorCode::internal;
}

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? std::string_view(text) : std::string_view();
}

}  // namespace

// ---- connecting ----

// Every statement has an index to go by (a test checks that), so a plan made while the tables were empty must not
// settle for reading them whole.
std::string postgres_session_setup(std::int64_t query_timeout_ms) {
  return "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, MDY'; SET synchronous_commit = on; SET jit = off; "
         "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_mergejoin = off; "
         "SET enable_incremental_sort = off; SET enable_bitmapscan = off; SET standard_conforming_strings = on; "
         "SET idle_in_transaction_session_timeout = 10000; SET statement_timeout = " +
         std::to_string(query_timeout_ms);
}

PostgresDb::~PostgresDb() { PQfinish(connection_); }

Result<> PostgresDb::open(const std::string& url) {
  // Ours first: what the URL says wins.
  const char* keys[] = {"fallback_application_name",
                        "connect_timeout",
                        "keepalives_idle",
                        "keepalives_interval",
                        "keepalives_count",
                        "tcp_user_timeout",
                        "dbname",
                        "client_encoding",
                        nullptr};
  const char* values[] = {"aiim", "5", "10", "5", "3", "15000", url.c_str(), "UTF8", nullptr};
  connection_ = PQconnectdbParams(keys, values, 1);
  if (!connection_ || PQstatus(connection_) != CONNECTION_OK) {
    lost_ = true;
    std::string why = connection_ ? PQerrorMessage(connection_) : "out of memory";
    while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
    for (auto& c : why) c = c == '\n' ? ' ' : c;
    return Error(ErrorCode::unavailable, "cannot connect to PostgreSQL: " + why);
  }
  if (PQserverVersion(connection_) < 130000) {
    lost_ = true;
    return Error(ErrorCode::unavailable, "PostgreSQL 13 or newer is needed");
  }
  PQsetnonblocking(connection_, 1);
  PQsetNoticeProcessor(
      connection_, [](void*, const char*) {}, nullptr);
  // A restore wants to be alone; this waits for one that is under way.
  auto setup = postgres_session_setup(query_timeout_ms_) + "; SELECT pg_advisory_lock_shared(" + serving_lock + ")";
  if (!PQsendQuery(connection_, setup.c_str())) return lose("send");
  TRY(await_script(steady_ms() + query_timeout_ms_ + grace_ms));
  if (!PQenterPipelineMode(connection_)) return lose("pipeline mode");
  for (auto& [name, sql] : controls) {
    if (!PQsendPrepare(connection_, name, sql, 0, nullptr)) return lose("send");
    sent_.push_back({Sent::control, name, nullptr});
  }
  TRY(finish());
  return {};
}

Error PostgresDb::lose(const char* why) {
  if (!lost_) log_error("postgres_lost", {{"error", why}});
  lost_ = true;
  sent_.clear();
  pending_.clear();
  open_ = false;
  return Error(ErrorCode::unavailable);
}

Error PostgresDb::failed(const char* what, const PGresult* result) {
  auto sqlstate = field(result, PG_DIAG_SQLSTATE);
  if (what == commit_in_time.name() && sqlstate == division_by_zero) {
    log_error("transaction_too_long", {});
    return Error(ErrorCode::unavailable, "The change took too long.");
  }
  auto kind = sqlstate.empty() ? ErrorCode::unavailable : error_code(sqlstate);
  wants_retry_ = sqlstate == "40001" || sqlstate == "40P01";  // serialization, deadlock
  // Messages quote values; those about the statement's own text (class 42) do not.
  auto message = sqlstate.substr(0, 2) == "42" ? field(result, PG_DIAG_MESSAGE_PRIMARY) : std::string_view();
  LogFields fields = {{"statement", what},
                      {"sqlstate", sqlstate},
                      {"constraint", field(result, PG_DIAG_CONSTRAINT_NAME)},
                      {"function", field(result, PG_DIAG_SOURCE_FUNCTION)},
                      {"error", message}};
  bool told = sqlstate == "25P02";  // the transaction had failed before: by what has its own line
  if (!told) kind == ErrorCode::conflict ? log_warn("postgres_failed", fields) : log_error("postgres_failed", fields);
  // After FATAL the server hangs up. Before the COMMIT's turn nothing can have been kept; after it nobody knows.
  auto severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  bool ended = severity == "FATAL" || severity == "PANIC";
  surely_undone_ = ended && what != sql_commit && what != pipeline_sync;
  if (ended || PQstatus(connection_) == CONNECTION_BAD) lose("the server closed the connection");
  return Error(kind, kind == ErrorCode::conflict ? "The change conflicts with stored data." : "");
}

// ---- sending ----

Result<> PostgresDb::send_control(const char* sql) {
  if (lost_) return Error(ErrorCode::unavailable);
  auto* prepared =
      std::find_if(std::begin(controls), std::end(controls), [=](auto& each) { return each.second == sql; });
  if (!PQsendQueryPrepared(connection_, prepared->first, 0, nullptr, nullptr, nullptr, 0)) return lose("send");
  sent_.push_back({Sent::control, sql, nullptr});
  if (sql == sql_begin_write || sql == sql_begin_read) open_ = true;
  if (sql == sql_commit || sql == sql_rollback) open_ = false;
  return {};
}

Result<> PostgresDb::send_pending() {
  auto pending = std::exchange(pending_, {});
  for (auto* sql : pending) {
    TRY(send_control(sql));
  }
  return {};
}

Result<> PostgresDb::send_prepared(const Statement& statement, int count, const char* const* values, const int* lengths,
                                   const int* formats) {
  if (unfinished_ && !pending_.empty()) {  // another job begins: what the one before left must not fail in its name
    TRY(finish());
  }
  TRY(send_pending());
  return send_statement(statement, count, values, lengths, formats);
}

Result<> PostgresDb::send_statement(const Statement& statement, int count, const char* const* values,
                                    const int* lengths, const int* formats) {
  auto number = static_cast<std::size_t>(statement.number());
  if (number >= prepared_.size()) prepared_.resize(Statement::all().size());
  char name[16] = "s";
  *std::to_chars(name + 1, name + sizeof name - 1, number).ptr = 0;
  if (lost_) return Error(ErrorCode::unavailable);
  if (!prepared_[number]) {
    if (!PQsendPrepare(connection_, name, statement.sql(), 0, nullptr)) return lose("send");
    sent_.push_back({Sent::prepare, statement.name(), &statement});
    prepared_[number] = 1;  // undone when it fails
  }
  if (!PQsendQueryPrepared(connection_, name, count, values, lengths, formats, 0)) return lose("send");
  sent_.push_back({Sent::query, statement.name(), &statement});
  return {};
}

Result<> PostgresDb::send_sync() {
  if (lost_) return Error(ErrorCode::unavailable);
  if (!PQpipelineSync(connection_)) return lose("send");
  sent_.push_back({Sent::sync, pipeline_sync, nullptr});
  return {};
}

Result<> PgPipeline::add(const BatchStatement& statement, std::initializer_list<Value> values) {
  bool one =
      std::all_of(values.begin(), values.end(), [](auto& value) { return !value.array || value.array->size() == 1; });
  std::vector<const char*> data;
  std::vector<int> lengths, formats;
  for (auto& value : values) {
    std::optional<std::string_view> bytes = value.text ? *value.text : value.array->bytes();
    if (one && value.array) bytes = value.array->only();
    data.push_back(bytes ? bytes->data() : nullptr);
    lengths.push_back(bytes ? static_cast<int>(bytes->size()) : 0);
    formats.push_back(value.array ? 1 : 0);
  }
  return db_.send_prepared(one ? statement.for_one() : statement.for_many(), static_cast<int>(data.size()), data.data(),
                           lengths.data(), formats.data());
}

// ---- receiving ----

// Until PQgetResult() would not block. Reads while it writes: a server that waits for us to read would not read either.
Result<> PostgresDb::await_result(std::int64_t deadline_ms) {
  for (;;) {
    int unsent = PQflush(connection_);
    if (unsent < 0) return lose("the connection broke while sending");
    if (!PQisBusy(connection_)) return {};
    auto left_ms = deadline_ms - steady_ms();
    if (left_ms <= 0) return lose("no answer before the deadline");
    pollfd ready{PQsocket(connection_), static_cast<short>(POLLIN | (unsent ? POLLOUT : 0)), 0};
    int n = poll(&ready, 1, static_cast<int>(left_ms));
    if (n < 0 && errno != EINTR) return lose("poll failed");
    if (n > 0 && (ready.revents & ~POLLOUT) && !PQconsumeInput(connection_))
      return lose("the server closed the connection");
  }
}

Result<> PostgresDb::take_result(const Sent& sent, std::vector<PgResult>& results, std::int64_t deadline_ms,
                                 std::optional<Error>& failure) {
  for (;;) {
    TRY(await_result(deadline_ms));
    PgResult result(PQgetResult(connection_));
    if (!result) {
      if (sent.kind == Sent::sync) return lose("an answer is missing");
      return {};
    }
    auto status = PQresultStatus(result.get());
    if (status == PGRES_PIPELINE_SYNC) {
      if (sent.kind != Sent::sync) return lose("answers out of order");
      return {};
    }
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good && sent.kind == Sent::prepare) prepared_[static_cast<std::size_t>(sent.statement->number())] = 0;
    if (!good && status != PGRES_PIPELINE_ABORTED && !failure) failure = failed(sent.what, result.get());
    if (lost_) return Error(ErrorCode::unavailable);
    // A transaction that had failed answers COMMIT with ROLLBACK.
    if (good && sent.what == sql_commit) committed_ = std::strcmp(PQcmdStatus(result.get()), "COMMIT") == 0;
    if (good && sent.what == sql_commit && !failure && !committed_) {
      failure = Error(ErrorCode::internal);
      log_error("postgres_failed", {{"statement", sent.what}, {"error", "the transaction had failed and is undone"}});
    }
    if (sent.kind == Sent::query) results.push_back(std::move(result));
  }
}

void PostgresDb::finish_later() {
  for (Sent& each : sent_) {
    if (each.kind == Sent::query) each.kind = Sent::write;
  }
  unfinished_ = true;
}

Result<std::vector<PgResult>> PostgresDb::finish() {
  unfinished_ = false;
  TRY(send_sync());
  auto deadline_ms = steady_ms() + query_timeout_ms_ + grace_ms;
  std::vector<PgResult> results;
  std::optional<Error> failure;
  auto sent = std::exchange(sent_, {});
  for (auto& each : sent) {
    TRY(take_result(each, results, deadline_ms, failure));
  }
  sent.clear();
  sent_.swap(sent);  // keeps the memory
  if (failure) return *failure;
  return results;
}

// Outside pipeline mode: the results of one PQsendQuery().
Result<> PostgresDb::await_script(std::int64_t deadline_ms) {
  std::optional<Error> failure;
  for (;;) {
    TRY(await_result(deadline_ms));
    PgResult result(PQgetResult(connection_));
    if (!result) break;
    auto status = PQresultStatus(result.get());
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!good && !failure) failure = failed("script", result.get());
    if (lost_) return Error(ErrorCode::unavailable);
  }
  if (failure) return *failure;
  return {};
}

// ---- Db ----

Result<std::int64_t> PostgresDb::run(const Statement& statement, std::span<const Param> params, EachRow each) {
  // Texts first, pointers after: the scratch may move while it grows.
  std::vector<std::ptrdiff_t> at(params.size(), -1);
  scratch_.clear();
  struct Write {
    std::string& out;
    void operator()(std::nullptr_t) const {}
    void operator()(std::int64_t v) const {
      char digits[24];
      out.append(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
    }
    void operator()(double v) const {
      char digits[32];
      out.append(digits, std::to_chars(digits, digits + sizeof digits, v).ptr);
    }
    void operator()(bool v) const { out.push_back(v ? 't' : 'f'); }
    void operator()(std::string_view v) const { out += v; }
    void operator()(const RawJson* v) const { out += v->text; }
    void operator()(Time v) const { append_rfc3339(out, v); }
  };
  Write write{scratch_};
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (!std::holds_alternative<std::nullptr_t>(params[i].value()))
      at[i] = static_cast<std::ptrdiff_t>(scratch_.size());
    std::visit(write, params[i].value());
    scratch_.push_back(0);
  }
  std::vector<const char*> values(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) values[i] = at[i] < 0 ? nullptr : scratch_.data() + at[i];
  if (unfinished_) {
    TRY(finish());
  }
  TRY(send_prepared(statement, static_cast<int>(values.size()), values.data(), nullptr, nullptr));
  TRY_AS(results, finish());
  const PGresult* result = results.back().get();
  if (PQnfields(result) == 0) {
    std::int64_t changed = 0;
    const char* text = PQcmdTuples(const_cast<PGresult*>(result));
    std::from_chars(text, text + std::strlen(text), changed);
    return changed;
  }
  int rows = PQntuples(result);
  for (int i = 0; each && i < rows; ++i) each(PgRow(result, i));
  return rows;
}

Result<> PostgresDb::run_script(std::string_view sql) {
  TRY(send_pending());
  if (!sent_.empty()) {
    TRY(finish());
  }
  if (lost_) return Error(ErrorCode::unavailable);
  if (!PQexitPipelineMode(connection_)) return lose("pipeline mode");
  if (!PQsendQuery(connection_, std::string(sql).c_str())) return lose("send");
  auto done = await_script(steady_ms() + script_ms_max);
  if (lost_) return Error(ErrorCode::unavailable);
  open_ = PQtransactionStatus(connection_) != PQTRANS_IDLE;
  if (!PQenterPipelineMode(connection_)) return lose("pipeline mode");
  return done;
}

// While transactions follow each other each brings the server's time for the next, and its first statement takes its
// BEGIN along. That time is counted from when it was asked for, so it may run ahead, by what the answer took and at
// most clock_ms_max.
Result<Time> PostgresDb::begin_write(Time) {
  if (lost_) return Error(ErrorCode::unavailable);
  reading_ = wants_retry_ = surely_undone_ = false;
  pending_.push_back(sql_begin_write);
  if (!clock_ || steady_ms() - clock_asked_ms_ > clock_ms_max) {
    auto asked_ms = steady_ms();
    TRY(run(read_clock, {}, [&](const Row& row) { heard_time(row.time(0), asked_ms); }));
  }
  last_time_ = std::max(last_time_, *clock_ + (steady_ms() - clock_asked_ms_));
  return last_time_;
}

Result<> PostgresDb::begin_read() {
  if (lost_) return Error(ErrorCode::unavailable);
  pending_.push_back(sql_begin_read);
  reading_ = true;
  wants_retry_ = false;
  return {};
}

Result<> PostgresDb::commit(std::optional<Time> by) {
  bool begins = !pending_.empty() && (pending_.front() == sql_begin_read || pending_.front() == sql_begin_write);
  if (!open_ && begins) {  // nothing was asked
    pending_.clear();
    return {};
  }
  TRY(send_pending());
  if (by) {
    auto in_time = to_rfc3339(*by);
    const char* value = in_time.c_str();
    TRY(send_statement(commit_in_time, 1, &value, nullptr, nullptr));
  }
  TRY(send_control(sql_commit));
  if (reading_) {  // nobody waits for the end of a read: its answer is taken with the next one
    TRY(send_sync());
    if (PQflush(connection_) < 0) return lose("the connection broke while sending");
    return {};
  }
  committed_ = false;
  auto asked_ms = steady_ms();
  auto done = finish();
  if (done && by) heard_time(PgRow(done->back().get(), 0).time(0), asked_ms);
  if (committed_) return {};  // also when the connection broke right after the answer
  if (!lost_) open_ = PQtransactionStatus(connection_) != PQTRANS_IDLE;  // a statement before the COMMIT failed
  if (!done) return std::move(done).error();
  return {};
}

void PostgresDb::rollback() {
  pending_.clear();
  if (unfinished_) (void)finish();  // or its failure would take the ROLLBACK along
  if (lost_ || !open_) return;
  if (send_control(sql_rollback)) (void)finish();
}

Result<> PostgresDb::savepoint() {
  if (lost_) return Error(ErrorCode::unavailable);
  pending_.push_back(sql_savepoint);
  return {};
}

Result<> PostgresDb::release_savepoint() {
  if (lost_) return Error(ErrorCode::unavailable);
  if (!pending_.empty() && pending_.back() == sql_savepoint) {
    pending_.pop_back();  // nothing happened in between
  } else {
    pending_.push_back(sql_release);
  }
  return {};
}

Result<> PostgresDb::rollback_to_savepoint() {
  if (lost_) return Error(ErrorCode::unavailable);
  if (!pending_.empty() && pending_.back() == sql_savepoint) {
    pending_.pop_back();
  } else {
    pending_.push_back(sql_back);
    pending_.push_back(sql_release);
  }
  return {};
}

Result<std::unique_ptr<Db>> open_postgres(const DbTarget& target) {
  auto db = std::make_unique<PostgresDb>(target.query_timeout_ms);
  TRY(db->open(target.postgres_url));
  return std::unique_ptr<Db>(std::move(db));
}

}  // namespace aiim
