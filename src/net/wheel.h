// A coarse timer wheel: entries due in whole seconds, one bucket per second. An entry that is overtaken by another for
// the same session stays in its bucket; whoever owns the session sees by its due time that it is stale. Pure.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "net/session_ref.h"

namespace aiim {

class Wheel {
 public:
  static constexpr std::uint32_t seconds = 128;  // further ahead: due again at the horizon

  explicit Wheel(std::uint32_t now_s) : now_s_(now_s) {}

  /// Returns when the entry will come out: `due_s`, within the next second and the horizon.
  std::uint32_t add(SessionRef ref, std::uint32_t due_s) {
    due_s = std::clamp(due_s, now_s_ + 1, now_s_ + seconds - 1);
    buckets_[due_s % seconds].push_back(ref);
    return due_s;
  }

  /// Calls visit(ref, due_s) for everything due up to `now_s`. It may add.
  template <class Visit>
  void advance(std::uint32_t now_s, Visit visit) {
    while (now_s_ < now_s) {
      now_s_++;
      auto& bucket = buckets_[now_s_ % seconds];
      due_.swap(bucket);
      for (SessionRef ref : due_) visit(ref, now_s_);
      due_.clear();
      if (bucket.empty() && bucket.capacity() > 1024) bucket = {};
    }
  }

 private:
  std::array<std::vector<SessionRef>, seconds> buckets_;
  std::vector<SessionRef> due_;
  std::uint32_t now_s_;
};

}  // namespace aiim
