// Brings a database to this binary's schema. Migrations are numbered and checksummed; each runs in one transaction
// under a lock, so that several processes may start at once.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schema/embedded.h"
#include "store/db.h"

namespace aiim {

struct MigrationState {
  int number = 0;
  std::string name;
  std::optional<Time> applied_at;  // empty: not applied yet
};

/// A migration's text with its substitutions ({{id}}, {{timestamp}} …) for one of the databases.
std::string schema_text(std::string_view sql, DbKind kind);

/// Changes nothing. `conflict` when the database is newer than this binary or an applied migration was changed since.
Result<std::vector<MigrationState>> migrate_status(Db& db, std::span<const Migration> known = migrations());
/// SHA-256 of the migration's text, as the database remembers it.
std::string migration_checksum(const Migration& migration);
/// One script that makes an empty database into one with these migrations applied.
std::string migration_script(std::span<const Migration> known, DbKind kind);
/// The tables that these migrations make on both databases, in order; not the one that remembers the migrations.
std::vector<std::string> migrated_tables(std::span<const Migration> known);
/// Those that SQLite alone has: derived from the others, no part of a backup.
std::vector<std::string> derived_tables(std::span<const Migration> known);
/// Applies what is missing; returns how many.
Result<int> migrate_up(Db& db, std::span<const Migration> known = migrations());

}  // namespace aiim
