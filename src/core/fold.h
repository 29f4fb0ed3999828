// How names are compared when people are searched for.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace aiim {

/// The text without what a searcher does not type alike: NFKC, case folded (Unicode's NFKC_Casefold, so "ß" is "ss"),
/// runs of white space as one space, none at the ends. Empty where nothing is left, or the text is no UTF-8.
std::string fold_text(std::string_view text);

/// What a search for a user may begin with: the id, the display name, and each of its later words with what follows,
/// up to 8; folded, without repeats.
std::vector<std::string> search_keys(std::string_view user_id, std::string_view display_name);

}  // namespace aiim
