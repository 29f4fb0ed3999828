// How many connections each user, or each address, has over all workers; with a limit. Thread-safe: a shard's lock is
// held for one look-up. Keys are hashes under a secret of the process, so that nobody can aim at another's count.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace aiim {

class KeyedCounts {
 public:
  KeyedCounts();
  std::uint64_t key_of(std::string_view first, std::string_view second = {}) const;
  /// Counts one more, unless there are `max`.
  bool take(std::uint64_t key, std::int64_t max);
  void give_back(std::uint64_t key);

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::int64_t> counts;
  };
  Shard& shard_of(std::uint64_t key) { return shards_[key % shards_.size()]; }

  std::array<Shard, 16> shards_;
  std::string secret_;
};

}  // namespace aiim
