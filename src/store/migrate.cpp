#include "store/migrate.h"

#include "base/crypto.h"

namespace aiim {
namespace {

const Statement table_in_sqlite("schema_migrations.exists.sqlite",
                                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'",
                                DbKind::sqlite);
const Statement table_in_postgres("schema_migrations.exists.postgres",
                                  "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL", DbKind::postgres);
const Statement select_applied("schema_migrations.select",
                               "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number");
const Statement insert_applied("schema_migrations.insert",
                               "INSERT INTO schema_migrations (number, name, checksum, applied_at) "
                               "VALUES ($1, $2, $3, $4)");

// Concurrent starts wait here for each other; the lock ends with the transaction. Migrations may take their time.
constexpr const char* lock_sqlite = "BEGIN IMMEDIATE";
constexpr const char* lock_postgres =
    "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(4711083)";

constexpr std::string_view create_table =
    "CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
    "checksum TEXT NOT NULL, applied_at {{timestamp}} NOT NULL)";

constexpr std::string_view sqlite_alone = "{{sqlite}}";  // begins a line that only SQLite gets

std::vector<std::string> created_tables(std::span<const Migration> known, bool derived) {
  constexpr std::string_view intro = "CREATE TABLE ";
  std::vector<std::string> tables;
  for (const Migration& each : known) {
    for (auto at = each.sql.find(intro); at != each.sql.npos; at = each.sql.find(intro, at + 1)) {
      if (each.sql.substr(0, at).ends_with(sqlite_alone) != derived) continue;
      auto name = each.sql.substr(at + intro.size());
      tables.emplace_back(name.substr(0, name.find_first_of(" (\n")));
    }
  }
  return tables;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
}

std::string checksum(const Migration& migration) { return migration_checksum(migration); }

// What is applied, judged against what this binary knows.
Result<std::vector<MigrationState>> compare(Db& db, std::span<const Migration> known) {
  std::vector<MigrationState> states;
  for (auto& migration : known) states.push_back({migration.number, std::string(migration.name), std::nullopt});
  std::string trouble;
  auto read = db.run(select_applied, {}, [&](const Row& row) {
    auto number = row.integer(0);
    std::string label = std::to_string(number) + " (" + row.string(1) + ")";
    std::size_t at = 0;
    while (at < known.size() && known[at].number != number) ++at;
    if (at == known.size()) {
      trouble = "the database is newer than this aiim: it has migration " + label + ", this aiim knows up to " +
                std::to_string(known.empty() ? 0 : known.back().number);
    } else if (row.text(2) != checksum(known[at])) {
      if (trouble.empty())
        trouble = "migration " + label + " was applied to the database with another text than this aiim's";
    } else {
      states[at].applied_at = row.time(3);
    }
  });
  if (!read) return read.error();
  if (!trouble.empty()) return Error(ErrorCode::conflict, trouble);
  return states;
}

// One transaction: under the lock, look again and apply the first that is missing. True when it applied one.
Result<bool> apply_next(Db& db, std::span<const Migration> known) {
  TRY(db.run_script(schema_text(create_table, db.kind())));
  TRY_AS(states, compare(db, known));
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i].applied_at) continue;
    auto& next = known[i];
    if (!db.run_script(schema_text(next.sql, db.kind()))) {
      return Error(ErrorCode::internal, "migration " + std::string(next.name) + " failed; the log says why");
    }
    TRY(db.run(insert_applied, {next.number, next.name, checksum(next), SystemClock().now()}));
    return true;
  }
  return false;
}

}  // namespace

std::string schema_text(std::string_view sql, DbKind kind) {
  bool sqlite = kind == DbKind::sqlite;
  std::string text(sql);
  replace_all(text, "{{timestamp}}", sqlite ? "TEXT" : "TIMESTAMPTZ");
  replace_all(text, "{{json}}", sqlite ? "TEXT" : "JSONB");
  replace_all(text, "{{id}}", sqlite ? "TEXT" : "TEXT COLLATE \"C\"");
  replace_all(text, "{{identity}}",
              sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT" : "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY");
  replace_all(text, sqlite_alone, sqlite ? "" : "-- ");
  return text;
}

std::string migration_checksum(const Migration& migration) { return hex(bytes_of(sha256(migration.sql))); }

std::string migration_script(std::span<const Migration> known, DbKind kind) {
  std::string script = schema_text(create_table, kind) + ";\n";
  auto now = to_rfc3339(SystemClock().now());
  for (const Migration& each : known) {
    script += schema_text(each.sql, kind);
    script +=
        ";\nINSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (" + std::to_string(each.number);
    script.append(", '").append(each.name).append("', '").append(migration_checksum(each)).append("', '").append(now) +=
        "');\n";
  }
  return script;
}

std::vector<std::string> migrated_tables(std::span<const Migration> known) { return created_tables(known, false); }

std::vector<std::string> derived_tables(std::span<const Migration> known) { return created_tables(known, true); }

Result<std::vector<MigrationState>> migrate_status(Db& db, std::span<const Migration> known) {
  TRY_AS(tables, db.run(db.kind() == DbKind::sqlite ? table_in_sqlite : table_in_postgres));
  if (tables > 0) return compare(db, known);
  std::vector<MigrationState> states;
  for (auto& migration : known) states.push_back({migration.number, std::string(migration.name), std::nullopt});
  return states;
}

Result<int> migrate_up(Db& db, std::span<const Migration> known) {
  for (int applied = 0;; ++applied) {
    TRY(db.run_script(db.kind() == DbKind::sqlite ? lock_sqlite : lock_postgres));
    auto more = apply_next(db, known);
    if (!more) {
      db.rollback();
      return more.error();
    }
    TRY(db.commit());
    if (!*more) return applied;
  }
}

}  // namespace aiim
