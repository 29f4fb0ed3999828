// The loads that the machine's limits share with AIIM: the same generator against a bare server is the limit.
#pragma once
#include "setup.h"

namespace aiim::bench {

// With a conversation: it exists already (a bare server has no REST).
void run_room_closed(Bench& bench, size_t members, size_t window, const Conversation* conversation, Result& result);
void run_echo(Bench& bench, size_t sessions, size_t depth, Result& result);
// Both the newest page and one in the middle of a conversation of so many messages.
void run_history(Bench& bench, int64_t messages, size_t connections, Result& result);

}  // namespace aiim::bench
