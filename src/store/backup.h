// Backups in one portable form for both databases: a snapshot of every table as lines of JSON, so that a backup of
// SQLite restores into PostgreSQL and the other way round, and any tool can read it.
//
//   {"aiim_backup":1,"version":…,"created_at":…,"database":"sqlite","migrations":[{"number":…,"name":…,"checksum":…}]}
//   {"table":"users","columns":["tenant_id",…]}
//   ["default","alice",null,…]                         values are text or null; times, booleans and JSON as SQLite has
//   them
//   {"table_end":"users","rows":3}
//   {"end":true,"rows":…,"sha256":…}                   of every byte before this line
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "store/db.h"

namespace aiim {

struct BackupSummary {
  std::string path;
  std::int64_t tables = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::string sha256;
};

/// Called every thousand rows or so.
using BackupProgress = std::function<void(std::string_view table, std::int64_t rows, std::int64_t bytes)>;

/// Writes one snapshot beside a serving server: everything acknowledged before the call is in it. The file appears
/// under its name once it is complete and on disk. `version`: of this aiim, for people.
Result<BackupSummary> write_backup(const DbTarget& target, const std::string& path, std::string_view version,
                                   const BackupProgress& progress);

/// Reads the whole file and compares its checksum, without a database.
Result<BackupSummary> verify_backup(const std::string& path);

/// Puts what verify_backup() has found good into an empty database, in one transaction; every conversation gets a new
/// epoch, so that clients drop what they have. A database that holds anything is `conflict` unless `force`, which
/// deletes it first; one that a server works on is `conflict` whatever `force` says.
Result<BackupSummary> restore_backup(const DbTarget& target, const BackupSummary& verified, bool force,
                                     const BackupProgress& progress);

}  // namespace aiim
