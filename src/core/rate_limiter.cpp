// GCRA keeps one time per key: when its schedule has run out (the "theoretical arrival time"). Keys are in a hash map,
// in a list by last use, and in a heap by that time, so that a full table knows what to forget without looking around.
// A charge does not touch the heap: times only grow, so an entry's place there may lag and is put right when it is met.
#include "core/rate_limiter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace aiim {
namespace {

constexpr std::size_t shards_max = 16;
constexpr std::size_t keys_per_shard_min = 64;
constexpr double slack_ms = 1e-6;  // for the rounding of sums of intervals

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

std::int64_t whole_ms(double ms) { return static_cast<std::int64_t>(std::ceil(std::max(0.0, ms - slack_ms))); }

}  // namespace

struct alignas(64) RateLimiter::Shard {
  struct Entry;
  using Node = std::pair<const std::string, Entry>;
  struct Entry {
    double runs_out_ms = 0;
    double placed_ms = 0;  // runs_out_ms when the heap last looked: a lower bound
    std::size_t place = 0;
    Node* newer = nullptr;
    Node* older = nullptr;
  };

  std::mutex mutex;
  std::size_t keys_max = 0;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries;
  std::vector<Node*> heap;
  Node* newest = nullptr;
  Node* oldest = nullptr;

  void put(std::size_t place, Node* node) {
    heap[place] = node;
    node->second.place = place;
  }

  void sift_up(std::size_t place) {
    Node* node = heap[place];
    for (; place > 0; place = (place - 1) / 2) {
      Node* parent = heap[(place - 1) / 2];
      if (parent->second.placed_ms <= node->second.placed_ms) break;
      put(place, parent);
    }
    put(place, node);
  }

  void sift_down(std::size_t place) {
    Node* node = heap[place];
    for (std::size_t child; (child = 2 * place + 1) < heap.size(); place = child) {
      if (child + 1 < heap.size() && heap[child + 1]->second.placed_ms < heap[child]->second.placed_ms) ++child;
      if (node->second.placed_ms <= heap[child]->second.placed_ms) break;
      put(place, heap[child]);
    }
    put(place, node);
  }

  void link_newest(Node* node) {
    node->second.newer = nullptr;
    node->second.older = newest;
    (newest ? newest->second.newer : oldest) = node;
    newest = node;
  }

  void unlink(Node* node) {
    Node* newer = node->second.newer;
    Node* older = node->second.older;
    (newer ? newer->second.older : newest) = older;
    (older ? older->second.newer : oldest) = newer;
  }

  void use(Node* node) {
    if (node == newest) return;
    unlink(node);
    link_newest(node);
  }

  void insert(std::string_view key, double runs_out_ms) {
    auto& node = *entries.emplace(std::string(key), Entry{runs_out_ms, runs_out_ms}).first;
    link_newest(&node);
    heap.push_back(&node);
    node.second.place = heap.size() - 1;
    sift_up(heap.size() - 1);
  }

  void erase(Node* node) {
    unlink(node);
    std::size_t place = node->second.place;
    Node* last = heap.back();
    heap.pop_back();
    if (last != node) {
      put(place, last);
      sift_up(place);
      sift_down(last->second.place);
    }
    entries.erase(entries.find(node->first));
  }

  /// Looks at the heap's top at most `steps` times: puts it right where it lags, erases it where it has run out. True
  /// when nothing that is left has run out.
  bool erase_run_out(double now_ms, std::size_t steps) {
    for (; steps > 0; --steps) {
      if (heap.empty()) return true;
      Entry& top = heap.front()->second;
      if (top.placed_ms > now_ms) return true;
      if (top.runs_out_ms <= now_ms) {
        erase(heap.front());
      } else {
        top.placed_ms = top.runs_out_ms;
        sift_down(0);
      }
    }
    return false;
  }

  void make_room(double now_ms) {
    // Above a quarter a few steps each time keep the table near the number of keys in use; below, a key that comes back
    // finds its place instead of being made anew.
    constexpr std::size_t steps = 4;
    if (entries.size() > keys_max / 4) erase_run_out(now_ms, steps);
    while (entries.size() >= keys_max) {
      std::size_t before = entries.size();
      if (erase_run_out(now_ms, 1) && entries.size() == before) erase(oldest);
    }
  }
};

RateLimiter::RateLimiter(std::size_t keys_max)
    : shard_count_(std::clamp<std::size_t>(keys_max / keys_per_shard_min, 1, shards_max)) {
  shards_ = std::make_unique<Shard[]>(shard_count_);
  for (std::size_t i = 0; i < shard_count_; ++i)
    shards_[i].keys_max = std::max<std::size_t>(1, keys_max / shard_count_);
}
RateLimiter::~RateLimiter() = default;

RateDecision RateLimiter::charge(std::string_view key, const RateRule& rule, double cost, std::int64_t now_ms) {
  if (!(rule.per_second > 0)) return {true, 0, std::numeric_limits<std::int64_t>::max(), 0};
  const double interval_ms = 1000 / rule.per_second;
  const double burst = std::max(1.0, rule.burst);
  const double tolerance_ms = burst * interval_ms;
  const double charge_ms = std::clamp(cost, 0.0, burst) * interval_ms;
  const auto now = static_cast<double>(now_ms);

  Shard& shard = shards_[(Hash()(key) >> 48) % shard_count_];
  std::lock_guard lock(shard.mutex);
  auto found = shard.entries.find(key);
  double runs_out_ms = found == shard.entries.end() ? now : std::max(now, found->second.runs_out_ms);
  double over_ms = runs_out_ms + charge_ms - now - tolerance_ms;
  bool allowed = over_ms <= slack_ms;
  if (allowed) runs_out_ms += charge_ms;
  if (found != shard.entries.end()) {
    found->second.runs_out_ms = std::max(runs_out_ms, found->second.runs_out_ms);
    shard.use(&*found);
  } else if (runs_out_ms > now) {
    shard.make_room(now);
    shard.insert(key, runs_out_ms);
  }
  auto remaining = static_cast<std::int64_t>((tolerance_ms - (runs_out_ms - now) + slack_ms) / interval_ms);
  return {allowed, allowed ? 0 : std::max<std::int64_t>(1, whole_ms(over_ms)), remaining, whole_ms(runs_out_ms - now)};
}

std::size_t RateLimiter::keys() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < shard_count_; ++i) {
    std::lock_guard lock(shards_[i].mutex);
    sum += shards_[i].entries.size();
  }
  return sum;
}

}  // namespace aiim
