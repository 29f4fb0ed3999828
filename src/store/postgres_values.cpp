#include "store/postgres_values.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace aiim {
namespace {

constexpr std::size_t header_bytes = 20;  // of an array
constexpr std::size_t length_bytes = 4;   // before each element
constexpr std::uint32_t null_length = 0xffffffff;
constexpr Oid jsonb_oid = static_cast<Oid>(PgArray::Of::jsonb);

/// JSONB writes a large real number as digits without a point, which readers take for an integer that is out of range:
/// those get a point.
std::string with_large_reals(std::string_view json) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size();) {
    char c = json[i];
    bool number = !in_string && (c == '-' || (c >= '0' && c <= '9'));
    if (!number) {
      if (c == '"') in_string = !in_string;
      std::size_t length = in_string && c == '\\' && i + 1 < json.size() ? 2 : 1;
      out.append(json.substr(i, length));
      i += length;
      continue;
    }
    auto end = std::min(json.find_first_not_of("+-.0123456789Ee", i), json.size());
    std::string_view token = json.substr(i, end - i);
    std::int64_t whole = 0;
    std::uint64_t large = 0;
    const char* last = token.data() + token.size();
    bool out_of_range = std::from_chars(token.data(), last, whole).ec == std::errc::result_out_of_range &&
                        std::from_chars(token.data(), last, large).ec != std::errc();
    out.append(token);
    if (out_of_range && token.find_first_of(".eE") == token.npos) out += ".0";
    i = end;
  }
  return out;
}

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace

PgArray::PgArray(Of of) : of_(of) {
  append_big_endian(bytes_, 1, 4);  // dimensions
  append_big_endian(bytes_, 1, 4);  // may hold nulls
  append_big_endian(bytes_, static_cast<std::uint32_t>(of), 4);
  append_big_endian(bytes_, 0, 4);  // size, set by element()
  append_big_endian(bytes_, 1, 4);  // the first index
}

void PgArray::element(std::size_t length) {
  ++size_;
  for (int i = 0; i < 4; ++i) bytes_[12 + static_cast<std::size_t>(i)] = static_cast<char>(size_ >> (8 * (3 - i)));
  append_big_endian(bytes_, length, 4);
}

void PgArray::add(std::string_view value) {
  bool json = of_ == Of::jsonb;
  element(value.size() + (json ? 1 : 0));
  if (json) bytes_.push_back(1);  // jsonb_recv's version
  bytes_ += value;
}

void PgArray::add(std::int64_t value) {
  element(8);
  append_big_endian(bytes_, static_cast<std::uint64_t>(value), 8);
}

void PgArray::add_null() { element(null_length); }

std::optional<std::string_view> PgArray::only() const {
  AIIM_CHECK(size_ == 1);
  auto element = std::string_view(bytes_).substr(header_bytes + length_bytes);
  bool null = element.empty() && bytes_[header_bytes] != 0;  // a length of 0xffffffff, not of 0
  return null ? std::nullopt : std::optional(element);
}

std::int64_t PgRow::integer(int column) const {
  std::int64_t value = 0;
  const char* text = PQgetvalue(result_, row_, column);
  std::from_chars(text, text + PQgetlength(result_, row_, column), value);
  return value;
}

bool PgRow::boolean(int column) const {
  char first = *PQgetvalue(result_, row_, column);
  return first == 't' || first == '1';
}

std::string_view PgRow::text(int column) const {
  std::string_view text(PQgetvalue(result_, row_, column),
                        static_cast<std::size_t>(PQgetlength(result_, row_, column)));
  if (PQftype(result_, column) != jsonb_oid || text.empty()) return text;
  // JSONB has its own order of keys and its own spaces; RawJson promises sorted and minified.
  thread_local JsonParser parser;
  auto element = parser.parse(text);
  if (!element) element = parser.parse(with_large_reals(text));
  if (!element) return text;
  auto canonical = canonical_json(*element);
  if (!canonical) return text;
  json_.push_back(std::make_unique<std::string>(std::move(canonical->text)));
  return *json_.back();
}

Time PgRow::time(int column) const {
  return parse_time({PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))})
      .value_or(Time{});
}

}  // namespace aiim
