// How far one session has seen one conversation, and the protocol's promises about what may come next: `rev` rises with
// `after` chained without a hole, each new message has the next `seq`.
#pragma once
#include <cstdint>

#include "event.h"
#include "failure.h"

namespace aiim::bench {

struct Position {
  int64_t rev = 0;
  int64_t seq = 0;

  // For message.created of this conversation; fails the run when the promise is broken.
  void apply(const Event& event, uint32_t session) {
    if (event.rev <= rev)
      fail("session {}: {} has rev {} after rev {} was seen (repeated or out of order)", session, event.conversation_id,
           event.rev, rev);
    if (event.after > rev)
      fail("session {}: a hole in {}: after {} while at rev {}", session, event.conversation_id, event.after, rev);
    if (event.seq != seq + 1)
      fail("session {}: {} has seq {} where {} was due", session, event.conversation_id, event.seq, seq + 1);
    rev = event.rev;
    seq = event.seq;
  }
};

}  // namespace aiim::bench
