// The client_msg_id of a message between two users: 36 characters in the shape of a UUID, as clients send them. The
// first half is the message's number, which proves that it is this one; the second says where it is remembered.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace aiim::bench {

struct ClientId {
  uint64_t number = 0;
  uint32_t pair = 0, slot = 0;

  std::string text() const;
  bool operator==(const ClientId&) const = default;
};

// Fails the run on anything that text() does not write.
ClientId read_client_id(std::string_view text);

// A number that looks random, another one for each count.
uint64_t scatter(uint64_t count);

}  // namespace aiim::bench
