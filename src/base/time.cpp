#include "base/time.h"

#include <charconv>
#include <chrono>
#include <cstdio>

namespace aiim {
namespace {

using namespace std::chrono;

// The years 0000 to 9999, which four digits can write; an offset may lead out of them.
constexpr Time earliest{-62'167'219'200'000};
constexpr Time latest{253'402'300'799'999};

void put(char* at, int digits, std::int64_t value) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

bool read(std::string_view text, std::size_t at, std::size_t digits, int& value) {
  if (text.size() < at + digits) return false;
  auto [end, error] = std::from_chars(text.data() + at, text.data() + at + digits, value);
  return error == std::errc() && end == text.data() + at + digits && text[at] != '-';
}

}  // namespace

void append_rfc3339(std::string& out, Time time) {
  auto instant = sys_time<milliseconds>(milliseconds(time.ms));
  auto day = floor<days>(instant);
  year_month_day date(day);
  hh_mm_ss clock(instant - day);
  char text[] = "0000-00-00T00:00:00.000Z";
  put(text, 4, static_cast<int>(date.year()));
  put(text + 5, 2, static_cast<unsigned>(date.month()));
  put(text + 8, 2, static_cast<unsigned>(date.day()));
  put(text + 11, 2, clock.hours().count());
  put(text + 14, 2, clock.minutes().count());
  put(text + 17, 2, clock.seconds().count());
  put(text + 20, 3, clock.subseconds().count());
  out.append(text, 24);
}

std::string to_rfc3339(Time time) {
  std::string out;
  append_rfc3339(out, time);
  return out;
}

std::optional<Time> parse_time(std::string_view text) {
  int y, mo, d, h, mi, s;
  if (!read(text, 0, 4, y) || !read(text, 5, 2, mo) || !read(text, 8, 2, d) || !read(text, 11, 2, h) ||
      !read(text, 14, 2, mi) || !read(text, 17, 2, s)) {
    return std::nullopt;
  }
  if (text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') || text[13] != ':' ||
      text[16] != ':') {
    return std::nullopt;
  }
  year_month_day date(year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d)));
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  std::size_t at = 19;
  std::int64_t fraction_ms = 0;
  if (at < text.size() && text[at] == '.') {
    int scale = 100;
    std::size_t digits = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
      fraction_ms += (text[at] - '0') * scale;
      scale /= 10;
    }
    if (digits == 0 || digits > 9) return std::nullopt;
  }
  std::int64_t offset_min = 0;
  std::string_view zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    int zh, zm = 0;
    if (zone.empty() || (zone[0] != '+' && zone[0] != '-') || !read(zone, 1, 2, zh)) return std::nullopt;
    if (zone.size() == 6 ? (zone[3] != ':' || !read(zone, 4, 2, zm)) : zone.size() != 3) return std::nullopt;
    if (zh > 23 || zm > 59) return std::nullopt;
    offset_min = (zone[0] == '-' ? -1 : 1) * (zh * 60 + zm);
  }
  auto seconds_of_day = (h * 60LL + mi - offset_min) * 60 + s;
  auto midnight = sys_days(date).time_since_epoch();
  Time time{duration_cast<milliseconds>(midnight).count() + seconds_of_day * 1000 + fraction_ms};
  if (time < earliest || time > latest) return std::nullopt;
  return time;
}

Time SystemClock::now() const {
  return Time{duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

std::int64_t steady_ms() { return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count(); }

std::int64_t steady_us() { return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count(); }

}  // namespace aiim
