// A line is built whole before it is written. Values come from users: nothing that they hold may end a line, look like
// another field, or drive a terminal.
#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdio>

#include "base/check.h"

namespace aiim {
namespace {

constexpr std::size_t value_bytes_max = 2048;
constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warn", "error", "off"};

std::atomic<LogLevel> level_in_force = LogLevel::info;
std::atomic<bool> json_in_force = false;

spdlog::logger& stderr_logger() {
  static spdlog::logger logger = [] {
    spdlog::logger made("aiim", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("%v");
    made.set_level(spdlog::level::trace);
    return made;
  }();
  return logger;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: break;
  }
  return spdlog::level::off;
}

struct Character {
  std::uint32_t point;  // or the byte itself when it begins no UTF-8 character
  std::size_t bytes;
  bool valid;
};

Character read_character(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::uint32_t first = byte(0);
  if (first < 0x80) return {first, 1, true};
  std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {first, 1, false};
  std::uint32_t point = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {first, 1, false};
    point = point << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool valid = point >= smallest[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  return valid ? Character{point, length, true} : Character{first, 1, false};
}

// Controls, line and paragraph separators, and what reorders text on a screen.
bool deceptive(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) out += "0123456789abcdef"[value >> (4 * i) & 15];
}

// Between quotes; the escapes are JSON's, so both forms of a line share them. Invalid bytes become U+FFFD.
void append_quoted(std::string& out, std::string_view text) {
  bool cut = text.size() > value_bytes_max;
  if (cut) text = text.substr(0, value_bytes_max);
  out += '"';
  while (!text.empty()) {
    auto c = read_character(text);
    if (!c.valid) {
      out += "\\ufffd";
    } else if (c.point == '"' || c.point == '\\') {
      out += '\\';
      out += static_cast<char>(c.point);
    } else if (c.point == '\n') {
      out += "\\n";
    } else if (deceptive(c.point)) {
      out += "\\u";
      append_hex(out, c.point, 4);
    } else {
      out += text.substr(0, c.bytes);
    }
    text.remove_prefix(c.bytes);
  }
  if (cut) out += "…";
  out += '"';
}

bool plain(std::string_view text) {
  if (text.empty() || text.size() > value_bytes_max) return false;
  for (char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

// to_string() of a double can be "nan" or "inf", which JSON does not know.
bool json_literal(std::string_view text) {
  if (text == "true" || text == "false") return true;
  auto digit = text.find_first_not_of('-');
  return digit <= 1 && text[digit] >= '0' && text[digit] <= '9';
}

void append_name(std::string& out, std::string_view name) {
  for (char c : name) {
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    out += word ? c : '_';
  }
}

}  // namespace

std::string LogField::written(double v) {
  std::array<char, 400> text{};
  int bytes = std::snprintf(text.data(), text.size(), "%.3f", v);
  std::string number(text.data(), static_cast<std::size_t>(std::max(bytes, 0)));
  if (number.find('.') == number.npos || std::abs(v) > 1e15)
    return number;  // nan, inf; too long for an integer of JSON
  number.erase(number.find_last_not_of('0') + 1);
  if (number.ends_with('.')) number.pop_back();
  return number;
}

std::string log_line(bool json, Time time, LogLevel level, std::string_view event, LogFields fields) {
  std::string line;
  line.reserve(128 + fields.size() * 48);
  if (json) line += R"({"time":")";
  append_rfc3339(line, time);
  line += json ? R"(","level":")" : " ";
  line += level_names[static_cast<std::size_t>(level)];
  line += json ? R"(","event":")" : " ";
  append_name(line, event);
  if (json) line += '"';
  for (const LogField& field : fields) {
    line += json ? ",\"" : " ";
    append_name(line, field.key);
    line += json ? "\":" : "=";
    bool bare = json ? !field.quoted && json_literal(field.value) : plain(field.value);
    if (bare) {
      line += field.value;
    } else {
      append_quoted(line, field.value);
    }
  }
  if (json) line += '}';
  return line;
}

void log_setup(LogLevel level, bool json) {
  level_in_force = level;
  json_in_force = json;
}

bool log_enabled(LogLevel level) {
  return level != LogLevel::off && level >= level_in_force.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view event, LogFields fields) {
  if (!log_enabled(level)) return;
  auto line = log_line(json_in_force.load(std::memory_order_relaxed), SystemClock().now(), level, event, fields);
  stderr_logger().log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace aiim
