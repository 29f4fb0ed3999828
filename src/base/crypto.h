// Random bytes, digests, encodings: thin, checked wrappers over OpenSSL. Thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace aiim {

using Sha256 = std::array<std::uint8_t, 32>;
using Sha1 = std::array<std::uint8_t, 20>;

/// Fills from the system's CSPRNG; a failure ends the process.
void random_bytes(void* out, std::size_t bytes);
/// `bytes` random bytes as base64url without padding: tokens, keys.
std::string random_token(std::size_t bytes);

Sha256 sha256(std::string_view data);
Sha1 sha1(std::string_view data);
Sha256 hmac_sha256(std::string_view key, std::string_view data);
Sha1 hmac_sha1(std::string_view key, std::string_view data);

/// HMAC-SHA-256 under one key whose schedule is computed once. Immutable; thread-safe.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);
  Sha256 sign(std::string_view data) const;

 private:
  struct Pads;
  std::shared_ptr<const Pads> pads_;  // shared: immutable, and copied with the keys that hold it
};

/// Compares in time that depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

std::string base64(std::string_view data);                           // RFC 4648 §4, padded
std::string base64url(std::string_view data);                        // RFC 4648 §5, unpadded
std::optional<std::string> base64url_decode(std::string_view text);  // strict: no padding, no foreign characters
std::string hex(std::string_view data);                              // lower case

template <std::size_t N>
std::string_view bytes_of(const std::array<std::uint8_t, N>& digest) {
  return {reinterpret_cast<const char*>(digest.data()), N};
}

}  // namespace aiim
