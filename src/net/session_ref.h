// A weak handle to a WebSocket session of this worker: whoever comes back later (an operation, the hub, the wheel, the
// kernel) finds the session with it, or finds that it is gone.
#pragma once
#include <cstdint>

namespace aiim {

struct SessionRef {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  bool operator==(const SessionRef&) const = default;

  std::uint64_t key() const { return std::uint64_t{generation} << 32 | index; }
  static SessionRef of(std::uint64_t key) {
    return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  }
};

}  // namespace aiim
