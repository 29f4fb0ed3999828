// Structured logs: one line per event, `key=value` text or JSON. Never tokens, message content or secrets.
//   log_info("session_opened", {{"session_id", id}, {"tenant_id", tenant}});
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/time.h"

namespace aiim {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };

struct LogField {
  std::string_view key;
  std::string value;
  bool quoted = true;
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), quoted(false) {}
  template <class N>
  requires(std::is_arithmetic_v<N> && !std::is_same_v<N, bool>) LogField(std::string_view k, N v)
      : key(k), value(written(v)), quoted(false) {}

 private:
  template <class N>
  static std::string written(N v) {
    return std::to_string(v);
  }
  static std::string written(double v);  // with at most 3 decimals
};
using LogFields = std::initializer_list<LogField>;

/// One line without its end:
///   2026-11-23T05:40:35.120Z info session_opened session_id=sess_01… client="my phone"
///   {"time":"2026-11-23T05:40:35.120Z","level":"info","event":"session_opened","session_id":"sess_01…",…}
/// Whatever a value holds, it cannot end the line, look like another field or reach a terminal as a control; values
/// are cut at 2 KiB.
std::string log_line(bool json, Time time, LogLevel level, std::string_view event, LogFields fields);

/// Logs go to stderr. `json`: one JSON object per line, else text. Call once, before threads start.
void log_setup(LogLevel level, bool json);
bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view event, LogFields fields = {});
inline void log_debug(std::string_view event, LogFields fields = {}) { log(LogLevel::debug, event, fields); }
inline void log_info(std::string_view event, LogFields fields = {}) { log(LogLevel::info, event, fields); }
inline void log_warn(std::string_view event, LogFields fields = {}) { log(LogLevel::warn, event, fields); }
inline void log_error(std::string_view event, LogFields fields = {}) { log(LogLevel::error, event, fields); }

}  // namespace aiim
