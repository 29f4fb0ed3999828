// A PostgreSQL statement over the rows of a batch, in two forms. As written, each column of its rows is an array:
// `FROM unnest($1::text[], $2::bigint[]) [WITH ORDINALITY] AS i (a, b [, place])`. From that text the form for a single
// row is made, whose columns are plain values: `FROM (SELECT $1::text AS a, $2::bigint AS b [, 1::bigint AS place]) i`.
// One text holds the rules, and a message alone does not pay for arrays (docs/decisions/0025).
#pragma once
#include <string>

#include "store/db.h"

namespace aiim {

class BatchStatement {
 public:
  /// Static storage only, like Statement. Ends the process when `sql` has no rows as described above.
  BatchStatement(const char* name, const char* sql);
  const Statement& for_many() const { return many_; }
  const Statement& for_one() const { return one_; }

 private:
  std::string one_name_, one_sql_;
  Statement many_, one_;
};

/// `sql` with its rows as plain values; empty when it has none.
std::string for_one_row(std::string_view sql);

}  // namespace aiim
