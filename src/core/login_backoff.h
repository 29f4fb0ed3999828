// Slows down guessing of passwords: after a few failures each further try must wait, twice as long each time. Kept per
// account and per address, in memory. Thread-safe.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace aiim {

class LoginBackoff {
 public:
  static constexpr int free_failures = 5;
  static constexpr std::int64_t first_wait_ms = 1000;
  static constexpr std::int64_t wait_max_ms = 15 * 60 * 1000;
  static constexpr std::size_t keys_max = 100'000;

  LoginBackoff();
  ~LoginBackoff();
  /// Milliseconds until `key` may try again; 0: now.
  std::int64_t wait_ms(std::string_view key, std::int64_t now_ms) const;
  void failed(std::string_view key, std::int64_t now_ms);
  void succeeded(std::string_view key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiim
