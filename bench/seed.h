// A conversation with a long past.
#pragma once
#include "bench.h"
#include "setup.h"

namespace aiim::bench {

// Messages up to this many are sent as clients would; more are written into a spawned server's database while it is
// down.
constexpr int64_t seed_by_sending_max = 200'000;

// A direct conversation of the users 0 and 1 with `messages` messages; its state afterwards.
Conversation seed_conversation(Bench& bench, int64_t messages);

}  // namespace aiim::bench
