#include "store/backup.h"

#include <simdjson.h>

#include "base/codec.h"
#include "schema/embedded.h"
#include "store/backup_file.h"
#include "store/migrate.h"
#include "store/raw_db.h"

namespace aiim {
namespace {

constexpr std::int64_t progress_rows = 1000;

struct Applied {
  std::int64_t number = 0;
  std::string name;
  std::string checksum;
};
BOOST_DESCRIBE_STRUCT(Applied, (), (number, name, checksum))
struct Head {
  std::int64_t aiim_backup = 1;
  std::string version;
  Time created_at;
  std::string database;
  std::vector<Applied> migrations;
};
BOOST_DESCRIBE_STRUCT(Head, (), (aiim_backup, version, created_at, database, migrations))
struct TableStart {
  std::string table;
  std::vector<std::string> columns;
};
BOOST_DESCRIBE_STRUCT(TableStart, (), (table, columns))
struct TableEnd {
  std::string table_end;
  std::int64_t rows = 0;
};
BOOST_DESCRIBE_STRUCT(TableEnd, (), (table_end, rows))
struct End {
  bool end = true;
  std::int64_t rows = 0;
  std::string sha256;
};
BOOST_DESCRIBE_STRUCT(End, (), (end, rows, sha256))

Result<std::vector<Applied>> applied_migrations(RawDb& db) {
  std::vector<Applied> applied;
  auto read = [&](RawValues row) -> Result<> {
    applied.push_back({std::stoll(std::string(row[0].value_or("0"))), std::string(row[1].value_or("")),
                       std::string(row[2].value_or(""))});
    return {};
  };
  TRY(db.select("SELECT CAST(number AS TEXT), name, checksum FROM schema_migrations ORDER BY number", read));
  if (applied.empty()) return Error(ErrorCode::conflict, "the database holds nothing of aiim");
  return applied;
}

std::optional<std::string> canonical_text(std::string_view json) {
  thread_local JsonParser parser;
  auto element = parser.parse(json);
  if (!element) return std::nullopt;
  auto canonical = canonical_json(*element);
  return canonical ? std::optional(std::move(canonical->text)) : std::nullopt;
}

void append_value(std::string& out, const RawDb::Column& column, const RawValue& value) {
  if (!value) {
    out += "null";
    return;
  }
  if (!column.json) return append_json_string(out, *value);
  auto canonical = canonical_text(*value);  // PostgreSQL has its own order of keys and its own spaces
  append_json_string(out, canonical ? std::string_view(*canonical) : *value);
}

class Dump {
 public:
  Dump(RawDb& db, BackupWriter& file, const BackupProgress& progress) : db_(db), file_(file), progress_(progress) {}

  Result<> table(const std::string& name) {
    TRY_AS(columns, db_.columns(name));
    if (columns.empty()) return {};  // of a migration that is not yet applied
    TableStart start{name, {}};
    std::string list;
    for (const RawDb::Column& column : columns) {
      start.columns.push_back(column.name);
      list += (list.empty() ? "" : ", ") + column.as_text;
    }
    TRY(file_.line(encode(start)));
    // In the order in which restore gives them new times of activity.
    std::string order = name == "conversations" ? " ORDER BY updated_at, conversation_id" : "";
    std::int64_t rows = 0;
    std::string line;
    auto write = [&](RawValues values) -> Result<> {
      line = "[";
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (i) line += ',';
        append_value(line, columns[i], values[i]);
      }
      line += ']';
      if (++rows % progress_rows == 0) progress_(name, rows_ + rows, file_.bytes());
      return file_.line(line);
    };
    TRY(db_.select("SELECT " + list + " FROM " + name + order, write));
    rows_ += rows;
    tables_++;
    return file_.line(encode(TableEnd{name, rows}));
  }

  std::int64_t rows() const { return rows_; }
  std::int64_t tables() const { return tables_; }

 private:
  RawDb& db_;
  BackupWriter& file_;
  const BackupProgress& progress_;
  std::int64_t rows_ = 0;
  std::int64_t tables_ = 0;
};

}  // namespace

Result<BackupSummary> write_backup(const DbTarget& target, const std::string& path, std::string_view version,
                                   const BackupProgress& progress) {
  TRY_AS(db, open_raw(target, false));
  TRY_AS(file, BackupWriter::create(path));
  TRY(db->begin_snapshot());
  TRY_AS(applied, applied_migrations(*db));
  Head head;
  head.version = version;
  head.created_at = SystemClock().now();
  head.database = target.kind == DbKind::sqlite ? "sqlite" : "postgresql";
  head.migrations = applied;
  TRY(file->line(encode(head)));
  Dump dump(*db, *file, progress);
  for (const std::string& table : migrated_tables(migrations())) {
    TRY(dump.table(table));
  }
  BackupSummary summary{path, dump.tables(), dump.rows(), 0, file->hash()};
  End end{true, summary.rows, summary.sha256};
  TRY(file->line(encode(end)));
  TRY(file->finish());
  summary.bytes = file->bytes();
  return summary;
}

Result<BackupSummary> verify_backup(const std::string& path) {
  auto damaged = [&](std::string_view why) {
    return Error(ErrorCode::invalid_request, path + " is no whole backup of aiim: " + std::string(why));
  };
  TRY_AS(file, BackupReader::open(path));
  BackupSummary summary;
  summary.path = path;
  std::string last;
  for (bool first = true;; first = false) {
    TRY_AS(line, file->line());
    if (!line) break;
    if (first && !line->starts_with("{\"aiim_backup\":1,")) return damaged("it does not begin like one");
    if (line->starts_with("{\"table\":")) summary.tables++;
    if (line->starts_with('[')) summary.rows++;
    last = *line;
    if (last.starts_with("{\"end\":true")) break;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element end;
  std::string_view promised;
  std::int64_t rows = 0;
  bool parsed = !parser.parse(last).get(end) && !end["sha256"].get(promised) && !end["rows"].get(rows);
  if (!parsed) return damaged("its end is missing");
  summary.sha256 = file->hash_before();
  summary.bytes = file->bytes();
  if (summary.sha256 != promised || rows != summary.rows) return damaged("its checksum does not match");
  TRY_AS(more, file->line());
  if (more) return damaged("something follows its end");
  return summary;
}

}  // namespace aiim
