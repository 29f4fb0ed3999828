// A connection for moving whole tables: statements made up at run time, rows as text. For backup and restore only; what
// serves uses Db. Two real implementations: raw_sqlite.cpp and raw_postgres.cpp. One thread.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"

namespace aiim {

using RawValue = std::optional<std::string_view>;
using RawValues = std::span<const RawValue>;

class RawDb {
 public:
  virtual ~RawDb() = default;
  virtual DbKind kind() const = 0;
  virtual Result<> execute(const std::string& sql) = 0;
  /// Calls `each` with every row, as the server sends them; an error of `each` ends it.
  virtual Result<> select(const std::string& sql, const std::function<Result<>(RawValues)>& each) = 0;
  /// Inserts rows into `table` as long as `next` fills the values (views that live until its next call).
  virtual Result<> load(const std::string& table, const std::vector<std::string>& columns,
                        const std::function<Result<bool>(std::vector<RawValue>&)>& next) = 0;
  /// One snapshot for all that is read until the connection ends.
  virtual Result<> begin_snapshot() = 0;
  /// Columns of a table in their order; none: there is no such table. `as_text` reads it in the portable form.
  struct Column {
    std::string name;
    std::string as_text;
    bool json = false;  // as_text is not yet canonical
  };
  virtual Result<std::vector<Column>> columns(const std::string& table) = 0;
  /// Nobody else works on this database, from now until the connection ends. `conflict` otherwise.
  virtual Result<> claim() = 0;
  /// After rows with numbers of their own were loaded: the next number is above them.
  virtual Result<> continue_numbers(const std::string& table) = 0;
};

/// `create`: a SQLite file that does not exist is made.
Result<std::unique_ptr<RawDb>> open_raw_sqlite(const std::string& path, bool create);
Result<std::unique_ptr<RawDb>> open_raw_postgres(const DbTarget& target);
inline Result<std::unique_ptr<RawDb>> open_raw(const DbTarget& target, bool create) {
  return target.kind == DbKind::sqlite ? open_raw_sqlite(target.sqlite_path, create) : open_raw_postgres(target);
}

/// Held shared by every connection of a server, and alone by a restore (PostgreSQL's advisory locks).
inline constexpr const char* serving_lock = "4711084";

}  // namespace aiim
