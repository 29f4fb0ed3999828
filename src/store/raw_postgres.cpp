#include <libpq-fe.h>

#include "store/raw_db.h"

namespace aiim {
namespace {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgAnswer = std::unique_ptr<PGresult, ClearResult>;

// COPY's text format (PostgreSQL manual, COPY, "Text Format").
void append_copy_value(std::string& out, const RawValue& value) {
  if (!value) {
    out += "\\N";
    return;
  }
  for (char c : *value) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += c;
    }
  }
}

class RawPostgres final : public RawDb {
 public:
  ~RawPostgres() override { PQfinish(connection_); }

  Result<> open(const DbTarget& target) {
    connection_ = PQconnectdb(target.postgres_url.c_str());
    if (PQstatus(connection_) != CONNECTION_OK) return failed();
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    return execute(
        "SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8'; SET statement_timeout = 0; "
        "SET standard_conforming_strings = on; SET client_min_messages = warning");
  }

  DbKind kind() const override { return DbKind::postgres; }

  Result<> execute(const std::string& sql) override {
    PgAnswer answer(PQexec(connection_, sql.c_str()));
    auto status = PQresultStatus(answer.get());
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? Result<>() : Result<>(failed());
  }

  Result<> select(const std::string& sql, const std::function<Result<>(RawValues)>& each) override {
    if (!PQsendQuery(connection_, sql.c_str()) || !PQsetSingleRowMode(connection_)) return failed();
    Result<> done;
    std::vector<RawValue> values;
    while (PgAnswer answer{PQgetResult(connection_)}) {
      auto status = PQresultStatus(answer.get());
      if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) done = failed();
      if (!done || status != PGRES_SINGLE_TUPLE) continue;  // the rest must be taken all the same
      values.resize(static_cast<std::size_t>(PQnfields(answer.get())));
      for (std::size_t i = 0; i < values.size(); ++i) {
        int at = static_cast<int>(i);
        bool null = PQgetisnull(answer.get(), 0, at) != 0;
        auto bytes = static_cast<std::size_t>(PQgetlength(answer.get(), 0, at));
        values[i] = null ? RawValue() : RawValue(std::string_view(PQgetvalue(answer.get(), 0, at), bytes));
      }
      done = each(values);
    }
    return done;
  }

  Result<> load(const std::string& table, const std::vector<std::string>& columns,
                const std::function<Result<bool>(std::vector<RawValue>&)>& next) override {
    std::string names;
    for (const std::string& column : columns) names += (names.empty() ? "" : ", ") + column;
    PgAnswer begun(PQexec(connection_, ("COPY " + table + " (" + names + ") FROM STDIN").c_str()));
    if (PQresultStatus(begun.get()) != PGRES_COPY_IN) return failed();
    std::vector<RawValue> values;
    std::string line;
    Result<> done;
    for (;;) {
      auto more = next(values);
      if (!more) done = more.error();
      if (!more || !*more) break;
      line.clear();
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i) line += '\t';
        append_copy_value(line, values[i]);
      }
      line += '\n';
      if (PQputCopyData(connection_, line.data(), static_cast<int>(line.size())) != 1) done = failed();
      if (!done) break;
    }
    return finish_copy(std::move(done));
  }

  Result<> begin_snapshot() override { return execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"); }

  Result<std::vector<Column>> columns(const std::string& table) override {
    std::vector<Column> found;
    auto read = [&](RawValues row) -> Result<> {
      std::string name(row[0].value_or("")), type(row[1].value_or(""));
      Column column{name, name + "::text"};
      if (type == "timestamp with time zone")
        column.as_text = "to_char(" + name + R"( AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))";
      if (type == "boolean") column.as_text = name + "::int::text";
      column.json = type == "jsonb";
      found.push_back(std::move(column));
      return {};
    };
    TRY(
        select("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() "
               "AND table_name = '" +
                   table + "' ORDER BY ordinal_position",
               read));
    return found;
  }

  Result<> claim() override {
    bool mine = false;
    TRY(select(std::string("SELECT pg_try_advisory_lock(") + serving_lock + ")::int", [&](RawValues row) -> Result<> {
      mine = row[0] == "1";
      return {};
    }));
    if (mine) return {};
    return Error(ErrorCode::conflict, "the database is in use: stop every server that works on it first");
  }

  Result<> continue_numbers(const std::string& table) override {
    std::vector<std::string> counted;
    TRY(
        select("SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND "
               "is_identity = 'YES' AND table_name = '" +
                   table + "'",
               [&](RawValues row) -> Result<> {
                 counted.emplace_back(row[0].value_or(""));
                 return {};
               }));
    for (const std::string& column : counted) {
      TRY(execute("SELECT setval(pg_get_serial_sequence('" + table + "', '" + column + "'), (SELECT COALESCE(max(" +
                  column + "), 0) + 1 FROM " + table + "), false)"));
    }
    return {};
  }

 private:
  Result<> finish_copy(Result<> done) {
    PQputCopyEnd(connection_, done ? nullptr : "given up");
    while (PgAnswer answer{PQgetResult(connection_)}) {
      if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK && done) done = failed();
    }
    return done;
  }

  // Only the first line: further ones quote rows.
  Error failed() const {
    std::string why = PQerrorMessage(connection_);
    return Error(ErrorCode::unavailable, "PostgreSQL says: " + why.substr(0, why.find('\n')));
  }

  PGconn* connection_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<RawDb>> open_raw_postgres(const DbTarget& target) {
  auto db = std::make_unique<RawPostgres>();
  TRY(db->open(target));
  return std::unique_ptr<RawDb>(std::move(db));
}

}  // namespace aiim
