#include <sqlite3.h>

#include "store/raw_db.h"

namespace aiim {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Prepared = std::unique_ptr<sqlite3_stmt, Finalize>;

class RawSqlite final : public RawDb {
 public:
  ~RawSqlite() override { sqlite3_close_v2(db_); }

  Result<> open(const std::string& path, bool create) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path.c_str(), &db_, flags, nullptr) != SQLITE_OK) {
      return Error(ErrorCode::unavailable, "the database " + path + " cannot be opened: " + sqlite3_errmsg(db_));
    }
    sqlite3_busy_timeout(db_, 5000);
    return execute("PRAGMA trusted_schema=OFF; PRAGMA cache_size=-65536");
  }

  DbKind kind() const override { return DbKind::sqlite; }

  Result<> execute(const std::string& sql) override {
    return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? Result<>() : Result<>(failed());
  }

  Result<> select(const std::string& sql, const std::function<Result<>(RawValues)>& each) override {
    TRY_AS(statement, prepare(sql));
    std::vector<RawValue> values(static_cast<std::size_t>(sqlite3_column_count(statement.get())));
    int code;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), static_cast<int>(i)));
        auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), static_cast<int>(i)));
        values[i] = text ? RawValue(std::string_view(text, bytes)) : RawValue();
      }
      TRY(each(values));
    }
    return code == SQLITE_DONE ? Result<>() : Result<>(failed());
  }

  Result<> load(const std::string& table, const std::vector<std::string>& columns,
                const std::function<Result<bool>(std::vector<RawValue>&)>& next) override {
    std::string names, places;
    for (const std::string& column : columns) {
      names += (names.empty() ? "" : ", ") + column;
      places += places.empty() ? "?" : ", ?";
    }
    TRY_AS(statement, prepare("INSERT INTO " + table + " (" + names + ") VALUES (" + places + ")"));
    std::vector<RawValue> values;
    for (;;) {
      TRY_AS(more, next(values));
      if (!more) return {};
      for (std::size_t i = 0; i < values.size(); ++i) bind(statement.get(), static_cast<int>(i) + 1, values[i]);
      if (sqlite3_step(statement.get()) != SQLITE_DONE) return failed();
      sqlite3_reset(statement.get());
    }
  }

  // The first read opens the snapshot; writers go on beside it.
  Result<> begin_snapshot() override { return execute("PRAGMA query_only=ON; BEGIN; SELECT 1 FROM sqlite_master"); }

  Result<std::vector<Column>> columns(const std::string& table) override {
    std::vector<Column> found;
    TRY(select("SELECT name FROM pragma_table_info('" + table + "')", [&](RawValues row) -> Result<> {
      std::string name(row[0].value_or(""));
      found.push_back({name, name});
      return {};
    }));
    return found;
  }

  // Leaving the WAL mode needs to be alone on the file; it also folds the log into the file.
  Result<> claim() override {
    sqlite3_busy_timeout(db_, 500);
    std::string mode;
    Result<> asked = select("PRAGMA journal_mode=DELETE", [&](RawValues row) -> Result<> {
      mode = row[0].value_or("");
      return {};
    });
    if (asked && mode == "delete") return {};
    return Error(ErrorCode::conflict, "the database is in use: stop the server that works on it first");
  }

  Result<> continue_numbers(const std::string&) override { return {}; }  // AUTOINCREMENT follows by itself

 private:
  Result<Prepared> prepare(const std::string& sql) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &made, nullptr) != SQLITE_OK) return failed();
    return Prepared(made);
  }

  // Views live until the row is stored.
  static void bind(sqlite3_stmt* statement, int at, const RawValue& value) {
    if (value) {
      sqlite3_bind_text64(statement, at, value->data(), value->size(), SQLITE_STATIC, SQLITE_UTF8);
    } else {
      sqlite3_bind_null(statement, at);
    }
  }

  Error failed() const {
    return Error(ErrorCode::unavailable, std::string("the database says: ") + sqlite3_errmsg(db_));
  }

  sqlite3* db_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<RawDb>> open_raw_sqlite(const std::string& path, bool create) {
  auto db = std::make_unique<RawSqlite>();
  TRY(db->open(path, create));
  return std::unique_ptr<RawDb>(std::move(db));
}

}  // namespace aiim
