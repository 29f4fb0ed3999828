// What travels to and from PostgreSQL: array parameters, results and their cells.
#pragma once
#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "store/db.h"

namespace aiim {

struct FreePgResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, FreePgResult>;

/// An array parameter in PostgreSQL's binary form (array_recv): one dimension, no escaping.
class PgArray {
 public:
  enum class Of : std::uint32_t { bigint = 20, text = 25, jsonb = 3802 };  // pg_type.dat
  explicit PgArray(Of of);
  void add(std::string_view value);
  void add(const std::string& value) { add(std::string_view(value)); }
  void add(const std::optional<std::string>& value) { value ? add(*value) : add_null(); }
  void add(const std::optional<std::int64_t>& value) { value ? add(*value) : add_null(); }
  void add(std::int64_t value);
  void add_null();
  std::string_view bytes() const { return bytes_; }
  std::size_t size() const { return size_; }
  /// The only element in the binary form of its own type; nothing when it is null. For an array of one.
  std::optional<std::string_view> only() const;

 private:
  void element(std::size_t length);
  Of of_;
  std::uint32_t size_ = 0;
  std::string bytes_;
};

/// A result's cells, with the conversions of both drivers' rows.
class PgRow final : public Row {
 public:
  PgRow(const PGresult* result, int row) : result_(result), row_(row) {}
  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  std::int64_t integer(int column) const override;
  bool boolean(int column) const override;
  std::string_view text(int column) const override;
  Time time(int column) const override;

 private:
  const PGresult* result_;
  int row_;
  mutable std::vector<std::unique_ptr<std::string>> json_;  // normalized texts that were handed out
};

}  // namespace aiim
