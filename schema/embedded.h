// The migrations of this binary, in order, as embedded at build time from schema/*.sql.
#pragma once
#include <span>
#include <string_view>

namespace aiim {

struct Migration {
  int number;             // 1, 2, 3 …
  std::string_view name;  // the file's name without its ending
  std::string_view sql;   // with {{timestamp}} and the like not yet replaced
};

std::span<const Migration> migrations();

}  // namespace aiim
