#include "core/fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <utility>

namespace aiim {
namespace {

constexpr std::size_t words_max = 8;
constexpr std::size_t key_bytes_max = 512;  // of an index entry; NFKC may make a text longer

std::string normalized(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFKCCasefoldInstance(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  if (U_SUCCESS(status)) {
    form->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, nullptr, status);
  }
  return U_SUCCESS(status) ? out : std::string();
}

/// At a character's beginning.
void cut(std::string& text) {
  if (text.size() <= key_bytes_max) return;
  std::size_t end = key_bytes_max;
  while (end > 0 && U8_IS_TRAIL(text[end])) --end;
  text.resize(end);
}

}  // namespace

std::string fold_text(std::string_view text) {
  const std::string wide = normalized(text);
  std::string out;
  bool gap = false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(wide.data());
  const auto size = static_cast<int32_t>(wide.size());
  for (int32_t at = 0; at < size;) {
    const int32_t from = at;
    UChar32 c = 0;
    U8_NEXT(bytes, at, size, c);
    if (c <= 0) return {};
    if (u_isUWhiteSpace(c)) {
      gap = !out.empty();
      continue;
    }
    if (std::exchange(gap, false)) out += ' ';
    out.append(wide, static_cast<std::size_t>(from), static_cast<std::size_t>(at - from));
  }
  return out;
}

std::vector<std::string> search_keys(std::string_view user_id, std::string_view display_name) {
  std::vector<std::string> keys{fold_text(user_id)};
  std::string name = fold_text(display_name);
  for (std::size_t words = 0; words < words_max && !name.empty(); ++words) {
    keys.push_back(name);
    const std::size_t space = name.find(' ');
    name = space == name.npos ? std::string() : name.substr(space + 1);
  }
  for (std::string& key : keys) cut(key);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::erase(keys, std::string());
  return keys;
}

}  // namespace aiim
