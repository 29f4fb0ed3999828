// What errors say, in Chinese. Errors are made in English wherever they happen; their text is translated here, on its
// way to a client that prefers zh-CN. A check of the tree compares the rows with the texts in the sources.
#pragma once
#include <string>
#include <string_view>

namespace aiim {

/// The Chinese form of a detail or a field's message; the text itself when there is none.
std::string in_chinese(std::string_view english);

}  // namespace aiim
