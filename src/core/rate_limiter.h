// GCRA (a leaky bucket as a virtual schedule): one number per key says when its next request conforms.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace aiim {

struct RateRule {
  double per_second;  // sustained; 0: unlimited
  double burst;       // items at once
};

struct RateDecision {
  bool allowed;
  std::int64_t retry_after_ms;  // until the charge would conform; 0 when allowed
  std::int64_t remaining;       // items that could follow at once; INT64_MAX where unlimited
  std::int64_t reset_ms;        // until the full burst is there again
};

/// Holds at most `keys_max` keys (in 16 shards by hash, each with its part of them, where that is many); a full shard
/// forgets a key whose schedule has run out, which loses nothing, else the one charged longest ago. Thread-safe: a
/// shard's lock is held for one look-up.
class RateLimiter {
 public:
  explicit RateLimiter(std::size_t keys_max = 100'000);
  ~RateLimiter();

  /// Charges `cost` items to `key` at monotonic time `now_ms`; a refused charge changes nothing. A cost above the
  /// burst is charged as the burst, so that no request is impossible for ever.
  RateDecision charge(std::string_view key, const RateRule& rule, double cost, std::int64_t now_ms);
  std::size_t keys() const;

 private:
  struct Shard;
  std::unique_ptr<Shard[]> shards_;
  std::size_t shard_count_;
};

}  // namespace aiim
