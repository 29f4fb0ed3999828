#include "store/batch_statement.h"

#include <vector>

#include "base/check.h"

namespace aiim {
namespace {

constexpr std::string_view rows_begin = "unnest(";

/// Cuts what stands before `end` off the text, `end` too.
std::string_view cut(std::string_view& text, std::string_view end) {
  auto at = text.find(end);
  AIIM_CHECK(at != text.npos);
  auto before = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return before;
}

std::vector<std::string_view> items(std::string_view list) {
  std::vector<std::string_view> all;
  while (list.find(", ") != list.npos) all.push_back(cut(list, ", "));
  all.push_back(list);
  return all;
}

/// Takes `$1::text[], $2::bigint[]) [WITH ORDINALITY] AS i (a, b [, place])` off the text.
std::string one_row(std::string_view& text) {
  auto arrays = items(cut(text, ")"));
  auto with = cut(text, "AS ");
  AIIM_CHECK(with == " " || with == " WITH ORDINALITY ");
  auto alias = cut(text, " (");
  auto columns = items(cut(text, ")"));
  AIIM_CHECK(columns.size() == arrays.size() + (with.size() > 1 ? 1 : 0));
  std::string row = "(SELECT ";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::string_view value = "1::bigint";  // the ordinality
    if (i < arrays.size()) value = arrays[i];
    row.append(i > 0 ? ", " : "").append(value).append(" AS ").append(columns[i]);
  }
  std::erase_if(row, [](char c) { return c == '[' || c == ']'; });
  return row.append(") ").append(alias);
}

}  // namespace

std::string for_one_row(std::string_view sql) {
  std::string one;
  for (auto at = sql.find(rows_begin); at != sql.npos; at = sql.find(rows_begin)) {
    one += cut(sql, rows_begin);
    one += one_row(sql);
  }
  return one.empty() ? one : one.append(sql);
}

BatchStatement::BatchStatement(const char* name, const char* sql)
    : one_name_(std::string(name) + ".one"),
      one_sql_(for_one_row(sql)),
      many_(name, sql, DbKind::postgres),
      one_(one_name_.c_str(), one_sql_.c_str(), DbKind::postgres) {
  AIIM_CHECK(!one_sql_.empty());
}

}  // namespace aiim
