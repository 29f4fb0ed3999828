// Log-linear buckets: below 128 one per value, above that 128 per power of two.
#include "histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace aiim::bench {

size_t Histogram::bucket_of(int64_t value) {
  auto v = static_cast<uint64_t>(std::max<int64_t>(value, 0));
  if (v < (1u << sub_bits)) return v;
  int exponent = std::bit_width(v) - 1 - sub_bits;  // 0 for 128…255
  size_t bucket = (static_cast<size_t>(exponent + 1) << sub_bits) + ((v >> exponent) & ((1u << sub_bits) - 1));
  return std::min(bucket, buckets - 1);
}

int64_t Histogram::upper_bound(size_t bucket) {
  if (bucket < (1u << sub_bits)) return static_cast<int64_t>(bucket);
  int exponent = static_cast<int>(bucket >> sub_bits) - 1;
  int64_t sub = static_cast<int64_t>(bucket & ((1u << sub_bits) - 1)) | (1 << sub_bits);
  return ((sub + 1) << exponent) - 1;
}

void Histogram::record(int64_t value) {
  counts_[bucket_of(value)]++;
  count_++;
  max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
  for (size_t i = 0; i < buckets; i++) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() { *this = Histogram(); }

int64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  auto wanted = static_cast<uint64_t>(std::ceil(percent / 100.0 * static_cast<double>(count_) - 1e-6));
  wanted = std::clamp<uint64_t>(wanted, 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets; i++) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(upper_bound(i), max_);
  }
  return max_;
}

}  // namespace aiim::bench
