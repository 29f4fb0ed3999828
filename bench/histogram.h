// Latencies in buckets whose width grows with the value (128 per power of two): any percentile is at most 0.8 % too
// high, whatever the range. Values are nanoseconds, 0 to about 18 minutes; larger ones land in the last bucket.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace aiim::bench {

class Histogram {
 public:
  void record(int64_t value);
  void merge(const Histogram& other);
  void clear();

  // The smallest bucket bound that at least `percent` of the values do not exceed; never above max(). 0 when empty.
  int64_t percentile(double percent) const;
  int64_t max() const { return max_; }
  uint64_t count() const { return count_; }

 private:
  static constexpr int sub_bits = 7;
  static constexpr int exponent_max = 40;
  static constexpr size_t buckets = (exponent_max - sub_bits + 1) << sub_bits;
  static size_t bucket_of(int64_t value);
  static int64_t upper_bound(size_t bucket);

  std::array<uint64_t, buckets> counts_{};
  uint64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace aiim::bench
