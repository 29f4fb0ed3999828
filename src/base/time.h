// Time as AIIM stores and sends it: milliseconds since 1970-01-01T00:00:00Z; RFC 3339 with milliseconds as text.
#pragma once
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aiim {

struct Time {
  std::int64_t ms = 0;
  auto operator<=>(const Time&) const = default;
  Time operator+(std::int64_t more_ms) const { return Time{ms + more_ms}; }
  std::int64_t operator-(Time other) const { return ms - other.ms; }
};

/// "2026-11-23T05:40:35.120Z", always 24 characters: order of text is order of time.
std::string to_rfc3339(Time time);
void append_rfc3339(std::string& out, Time time);
/// Reads RFC 3339 (any offset, 0–9 digits of seconds' fraction) and PostgreSQL's "2026-11-23 05:40:35.12+00".
std::optional<Time> parse_time(std::string_view text);

/// The wall clock, injected so that tests can hold and move it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : ms_(start.ms) {}
  Time now() const override { return Time{__atomic_load_n(&ms_, __ATOMIC_RELAXED)}; }
  void advance(std::int64_t by_ms) { __atomic_fetch_add(&ms_, by_ms, __ATOMIC_RELAXED); }

 private:
  std::int64_t ms_;
};

/// Monotonic milliseconds, for deadlines and intervals inside the process.
std::int64_t steady_ms();
std::int64_t steady_us();

}  // namespace aiim
