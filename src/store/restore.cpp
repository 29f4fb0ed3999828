// The way back: a verified backup into an empty database, all in one transaction.
#include <simdjson.h>

#include <algorithm>

#include "base/codec.h"
#include "base/crypto.h"
#include "schema/embedded.h"
#include "store/backup.h"
#include "store/backup_file.h"
#include "store/migrate.h"
#include "store/raw_db.h"

namespace aiim {
namespace {

constexpr std::int64_t progress_rows = 1000;

Error damaged() { return Error(ErrorCode::invalid_request, "the backup is damaged"); }

/// The migrations that the backup's database had: this binary must know them, with the same text.
Result<std::vector<Migration>> known_of(const simdjson::dom::element& head) {
  simdjson::dom::array list;
  if (head["migrations"].get_array().get(list)) return damaged();
  std::vector<Migration> known;
  for (auto each : list) {
    std::int64_t number = 0;
    std::string_view name, checksum;
    if (each["number"].get(number) || each["name"].get(name) || each["checksum"].get(checksum)) return damaged();
    auto all = migrations();
    auto found = std::find_if(all.begin(), all.end(), [&](const Migration& one) {
      return one.number == number && migration_checksum(one) == checksum;
    });
    if (found == all.end()) {
      return Error(ErrorCode::conflict,
                   "the backup is of another aiim: this one does not know its migration " + std::string(name));
    }
    known.push_back(*found);
  }
  return known;
}

std::string next_time(const std::string& text, std::int64_t by_ms) {
  return to_rfc3339(parse_time(text).value_or(Time{}) + by_ms);
}

class Restoration {
 public:
  Restoration(RawDb& db, BackupReader& file, const BackupProgress& progress)
      : db_(db), file_(file), progress_(progress) {}

  Result<> run(bool force) {
    TRY_AS(first, file_.line());
    simdjson::dom::element head;
    if (!first || parser_.parse(*first).get(head)) return damaged();
    TRY_AS(known, known_of(head));
    TRY(db_.claim());
    if (!force) {
      TRY(check_empty());
    }
    TRY(find_time());
    TRY(db_.execute("BEGIN"));
    TRY(drop_tables());
    TRY(db_.execute(migration_script(known, db_.kind())));
    TRY(load_tables());
    TRY(finish_clock());
    return db_.execute("COMMIT");
  }

  std::int64_t rows() const { return rows_; }

 private:
  Result<> check_empty() {
    for (const char* table : {"users", "conversations"}) {
      TRY_AS(columns, db_.columns(table));
      if (columns.empty()) continue;
      bool holds = false;
      TRY(db_.select(std::string("SELECT 1 FROM ") + table + " LIMIT 1", [&](RawValues) -> Result<> {
        holds = true;
        return {};
      }));
      if (holds) {
        return Error(ErrorCode::conflict,
                     "the database is not empty: restore into an empty one, or say --force to delete what it holds");
      }
    }
    return {};
  }

  // Every conversation looks changed after the restore: whoever syncs from a token hears of its new epoch.
  Result<> find_time() {
    time_ = to_rfc3339(SystemClock().now());
    if (db_.kind() == DbKind::sqlite) return {};
    return db_.select(R"(SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))",
                      [this](RawValues row) -> Result<> {
                        time_ = row[0].value_or("");
                        return {};
                      });
  }

  Result<> drop_tables() {
    for (const std::string& table : migrated_tables(migrations())) {
      TRY(db_.execute("DROP TABLE IF EXISTS " + table));
    }
    for (const std::string& table : derived_tables(migrations())) {
      TRY(db_.execute("DROP TABLE IF EXISTS " + table));
    }
    return db_.execute("DROP TABLE IF EXISTS schema_migrations");
  }

  Result<> load_tables() {
    for (;;) {
      TRY_AS(line, file_.line());
      simdjson::dom::element start;
      std::string_view table;
      simdjson::dom::array names;
      if (!line || parser_.parse(*line).get(start)) return damaged();
      if (!start["end"].error()) return {};
      if (start["table"].get(table) || start["columns"].get_array().get(names)) return damaged();
      std::vector<std::string> columns;
      for (auto name : names) columns.emplace_back(std::string_view(name));
      TRY(load_table(std::string(table), columns));
    }
  }

  Result<> load_table(const std::string& table, const std::vector<std::string>& columns) {
    TRY(db_.execute("DELETE FROM " + table));  // what a migration put there
    auto at = [&](std::string_view name) {
      auto found = std::find(columns.begin(), columns.end(), name);
      return table == "conversations" && found != columns.end() ? found - columns.begin() : -1;
    };
    auto epoch = at("epoch"), updated = at("updated_at");
    auto next = [&](std::vector<RawValue>& values) -> Result<bool> {
      TRY_AS(more, next_row(values));
      if (!more) return false;
      if (values.size() != columns.size()) return damaged();
      if (epoch >= 0) values[static_cast<std::size_t>(epoch)] = epoch_ = random_token(6);
      if (updated >= 0) values[static_cast<std::size_t>(updated)] = updated_ = next_time(time_, ++conversations_);
      if (++rows_ % progress_rows == 0) progress_(table, rows_, file_.bytes());
      return true;
    };
    TRY(db_.load(table, columns, next));
    return db_.continue_numbers(table);
  }

  /// False at the table's end.
  Result<bool> next_row(std::vector<RawValue>& values) {
    TRY_AS(line, file_.line());
    simdjson::dom::element row;
    if (!line || parser_.parse(*line).get(row)) return damaged();
    simdjson::dom::array cells;
    if (row.get_array().get(cells)) return false;
    values.clear();
    for (auto cell : cells) {
      std::string_view text;
      if (cell.is_null()) {
        values.emplace_back();
      } else if (cell.get_string().get(text)) {
        return damaged();
      } else {
        values.emplace_back(text);
      }
    }
    return true;
  }

  // SQLite's clock never goes back behind the times that were given out.
  Result<> finish_clock() {
    auto clock = next_time(time_, conversations_ + 1);
    return db_.execute("UPDATE store_clock SET at = '" + clock + "' WHERE at < '" + clock + "'");
  }

  RawDb& db_;
  BackupReader& file_;
  const BackupProgress& progress_;
  simdjson::dom::parser parser_;
  std::string time_, epoch_, updated_;
  std::int64_t rows_ = 0;
  std::int64_t conversations_ = 0;
};

}  // namespace

Result<BackupSummary> restore_backup(const DbTarget& target, const BackupSummary& verified, bool force,
                                     const BackupProgress& progress) {
  TRY_AS(file, BackupReader::open(verified.path));
  {
    TRY_AS(db, open_raw(target, true));
    Restoration restoration(*db, *file, progress);
    TRY(restoration.run(force));
  }  // gives the database back
  TRY_AS(db, open_db(target));
  TRY(migrate_up(*db));
  return verified;
}

}  // namespace aiim
