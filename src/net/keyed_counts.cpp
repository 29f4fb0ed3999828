#include "net/keyed_counts.h"

#include <cstring>

#include "base/crypto.h"

namespace aiim {

KeyedCounts::KeyedCounts() : secret_(random_token(32)) {}

std::uint64_t KeyedCounts::key_of(std::string_view first, std::string_view second) const {
  std::string text(first);
  text.append("/").append(second);
  auto digest = hmac_sha256(secret_, text);
  std::uint64_t key;
  std::memcpy(&key, digest.data(), sizeof key);
  return key;
}

bool KeyedCounts::take(std::uint64_t key, std::int64_t max) {
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  std::int64_t& count = shard.counts[key];
  if (count >= max) return false;
  ++count;
  return true;
}

void KeyedCounts::give_back(std::uint64_t key) {
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  auto found = shard.counts.find(key);
  if (found != shard.counts.end() && --found->second <= 0) shard.counts.erase(found);
}

}  // namespace aiim
