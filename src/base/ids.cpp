#include "base/ids.h"

#include <array>
#include <cstdint>

#include "base/crypto.h"

namespace aiim {
namespace {

constexpr char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";

// The system's generator costs about a microsecond a call, so each thread draws for many ids at once.
struct Random {
  std::array<unsigned char, 640> bytes;
  std::size_t used = sizeof bytes;

  std::uint64_t bits40() {
    if (used + 5 > bytes.size()) {
      random_bytes(bytes.data(), bytes.size());
      used = 0;
    }
    std::uint64_t value = 0;
    for (int i = 0; i < 5; ++i) value = value << 8 | bytes[used++];
    return value;
  }
};

struct Last {
  std::int64_t ms = -1;
  std::uint64_t high = 0;  // the 80 random bits, 40 and 40
  std::uint64_t low = 0;
};

void put(char* out, std::uint64_t value, int characters) {
  for (int i = characters - 1; i >= 0; --i) {
    out[i] = crockford[value & 31];
    value >>= 5;
  }
}

}  // namespace

std::string make_id(std::string_view prefix, Time now) {
  thread_local Random random;
  thread_local Last last;
  constexpr std::uint64_t mask40 = (1ULL << 40) - 1;
  if (now.ms == last.ms) {
    last.low = (last.low + 1) & mask40;
    if (last.low == 0) last.high = (last.high + 1) & mask40;
  } else {
    last = {now.ms, random.bits40(), random.bits40()};
    last.high &= mask40 >> 1;  // room to count upwards from here without wrapping
  }
  std::string id;
  id.resize(prefix.size() + 26);
  prefix.copy(id.data(), prefix.size());
  char* at = id.data() + prefix.size();
  put(at, static_cast<std::uint64_t>(now.ms) & ((1ULL << 48) - 1), 10);
  put(at + 10, last.high, 8);
  put(at + 18, last.low, 8);
  return id;
}

}  // namespace aiim
