// Reads the ack of `sync` and judges it: who was behind must get exactly what is missing.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "setup.h"

namespace aiim::bench {

struct SyncReply {
  size_t conversations = 0;  // with rows, not stubs
  size_t messages = 0;
  bool more = false;
};

// `known` is what the client named, in any order; it is moved forward to what the reply says. Each conversation that
// comes with rows must continue at the next seq without a gap and end complete at `last_seq` when that is not -1.
SyncReply apply_sync(std::string_view ack, std::vector<Conversation>& known, int64_t last_seq);

// The op, with `id`, for these positions.
std::string sync_request(std::string_view id, const std::vector<Conversation>& known);

}  // namespace aiim::bench
