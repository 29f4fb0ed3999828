// When a set of public keys that lies on another server is fetched, and how long it is believed. Pure.
//
// A set stays fresh as long as its server says, within bounds, and is fetched again when that is over. A token signed
// with a key that is not in it makes one more fetch, once a minute at most. While fetches fail the last good set
// counts on, but not for ever: a key that its owner withdrew must end some time.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace aiim {

class KeySchedule {
 public:
  static constexpr std::int64_t fresh_min_ms = 60'000;
  static constexpr std::int64_t fresh_default_ms = 10 * 60'000;
  static constexpr std::int64_t fresh_max_ms = 24 * 3'600'000;
  static constexpr std::int64_t unknown_wait_ms = 60'000;
  static constexpr std::int64_t retry_min_ms = 1000;  // doubled with each failure
  static constexpr std::int64_t retry_max_ms = 60'000;
  static constexpr std::int64_t outage_max_ms = 24 * 3'600'000;  // beyond the set's freshness

  /// When the next fetch is due; in the past: now.
  Time next() const { return next_; }
  bool due(Time now) const { return now >= next_; }
  /// May a key that is not in the set make a fetch?
  bool may_ask_for_unknown(Time now) const { return now >= unknown_again_; }
  /// May the set that was fetched last be used?
  bool believed(Time now) const { return now < believed_until_; }

  void asked_for_unknown(Time now) { unknown_again_ = now + unknown_wait_ms; }
  /// `fresh_s`: what the server allows, if it says so.
  void succeeded(Time now, std::optional<std::int64_t> fresh_s) {
    auto fresh_ms = fresh_s ? std::clamp(*fresh_s, fresh_min_ms / 1000, fresh_max_ms / 1000) * 1000 : fresh_default_ms;
    next_ = now + fresh_ms;
    believed_until_ = next_ + outage_max_ms;
    retry_ms_ = retry_min_ms;
  }
  void failed(Time now) {
    next_ = now + retry_ms_;
    retry_ms_ = std::min(retry_ms_ * 2, retry_max_ms);
  }

 private:
  Time next_{INT64_MIN / 2};
  Time unknown_again_{INT64_MIN / 2};
  Time believed_until_{INT64_MIN / 2};
  std::int64_t retry_ms_ = retry_min_ms;
};

/// Seconds for which an answer is fresh (RFC 9111): Cache-Control's max-age less Age, 0 for no-cache and no-store;
/// nothing where it does not say.
std::optional<std::int64_t> fresh_seconds(std::string_view cache_control, std::string_view age);

}  // namespace aiim
