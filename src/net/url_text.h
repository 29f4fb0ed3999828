// Percent-decoding of request targets, strictly: what does not decode to UTF-8 text without NUL is refused. Pure.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aiim {

/// `plus_is_blank`: as in a query written by a form.
Result<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);

/// Adds "a=1&b=2" to `out`. Names that `out` holds already keep their value; a name that comes twice in the query is
/// refused, and so are more than 64 of them.
Result<> parse_query(std::string_view query, std::map<std::string, std::string>& out);

/// The first value of one parameter, decoded; empty when it is missing or malformed.
std::string query_parameter(std::string_view query, std::string_view name);

}  // namespace aiim
