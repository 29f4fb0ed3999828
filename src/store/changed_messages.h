// Which messages changed since a rev, without an index over every message. One that never changed has its rev in the
// order of its seq: where in the log a rev lies is a search over seqs, and from there on the index of seqs yields them
// in the order of their revs. Only those that changed after they were created stand in an index by rev (schema/003).
#pragma once
#include <cstdint>
#include <vector>

#include "store/conversations.h"

namespace aiim {

/// The messages with a rev above `since`, in its order, at most `limit`. As stored: streams without what they have.
/// `since` is at most changes_behind_max changes behind, or the log beyond it may be read in vain.
Result<std::vector<Message>> messages_after_rev(Db& db, const ConversationRow& row, std::int64_t since,
                                                std::int64_t limit);

/// How many there are, counted no further than 1,001.
Result<std::int64_t> count_after_rev(Db& db, const ConversationRow& row, std::int64_t since);

}  // namespace aiim
