// Fixed width, so that ids sort as their numbers do.
#include "client_id.h"

#include <charconv>

#include "failure.h"

namespace aiim::bench {

std::string ClientId::text() const {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", number >> 32, number >> 16 & 0xffff, number & 0xffff,
                     pair >> 16, pair & 0xffff, slot);
}

ClientId read_client_id(std::string_view text) {
  ClientId id;
  uint64_t place = 0;
  char digits[32];
  size_t count = 0;
  for (size_t i = 0; i < text.size() && count < sizeof digits; i++)
    if (i != 8 && i != 13 && i != 18 && i != 23) digits[count++] = text[i];
  std::from_chars(digits, digits + count / 2, id.number, 16);
  std::from_chars(digits + count / 2, digits + count, place, 16);
  id.pair = static_cast<uint32_t>(place >> 32);
  id.slot = static_cast<uint32_t>(place);
  if (id.text() != text) fail("an id that nobody sent: '{}'", text);
  return id;
}

// The finalizer of splitmix64: each step can be undone, so no two counts meet.
uint64_t scatter(uint64_t count) {
  uint64_t x = count + 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

}  // namespace aiim::bench
