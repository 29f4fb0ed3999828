// Slows down guessing of passwords: after a few failures each further try must wait, twice as long each time. Counted
// per account and per address, in memory. Thread-safe.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace aiim {

class LoginBackoff {
 public:
  static constexpr int account_failures_free = 5;
  static constexpr int address_failures_free = 20;  // many people may share one
  static constexpr std::int64_t first_wait_ms = 1000;
  static constexpr std::int64_t wait_max_ms = 15 * 60 * 1000;
  static constexpr std::size_t keys_max = 100'000;

  LoginBackoff();
  ~LoginBackoff();
  /// Milliseconds until `account` may be tried from `address`. 0: now, and the try counts as a failure until
  /// succeeded() says otherwise, so that guesses sent at once count as well.
  std::int64_t attempt(std::string_view account, std::string_view address, std::int64_t now_ms);
  /// The account's failures are forgotten. Of the address's only this try is taken back: who has one good password
  /// does not get to guess others' for it.
  void succeeded(std::string_view account, std::string_view address);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiim
