// Conversations for a workload, made over REST.
#pragma once
#include <string>
#include <vector>

#include "bench.h"

namespace aiim::bench {

struct Conversation {
  std::string id;
  std::string epoch;
  int64_t rev = 0;
  int64_t seq = 0;
};

// One direct conversation for each pair of users (first, first+1), (first+2, first+3), …
std::vector<Conversation> create_pairs(Bench& bench, size_t first, size_t pairs);

// A group owned by user `first` with the users first … first+members-1.
Conversation create_group(Bench& bench, size_t first, size_t members);

// GET /conversations/{id}, as user `reader`.
Conversation read_conversation(Bench& bench, const std::string& id, size_t reader);

// "seq 17, 200 bytes": a text of this length that begins with `id`, ready to stand in JSON.
std::string make_text(std::string_view id, size_t bytes);

}  // namespace aiim::bench
