#include "store/changed_messages.h"

#include <algorithm>

#include "store/message_rows.h"

namespace aiim {
namespace {

#define OF_CONVERSATION " FROM im_messages WHERE tenant_id = $1 AND conversation_id = $2 AND "

const Statement select_created_rev("select_created_rev", "SELECT COALESCE(first_rev, rev)" OF_CONVERSATION "seq = $3");
const Statement select_unchanged("select_unchanged_messages", "SELECT " MESSAGE_COLUMNS OF_CONVERSATION
                                                              "seq > $3 AND first_rev IS NULL ORDER BY seq LIMIT $4");
const Statement select_changed("select_changed_messages", "SELECT " MESSAGE_COLUMNS OF_CONVERSATION
                                                          "rev > $3 AND first_rev IS NOT NULL ORDER BY rev LIMIT $4");
const Statement count_changed("count_changed_messages",
                              "SELECT COUNT(*) FROM (SELECT 1 AS one" OF_CONVERSATION
                              "rev > $3 AND first_rev IS NOT NULL AND seq <= $4 LIMIT 1001) AS changed");

/// The highest seq that was given at or below `rev`. Of the revs after it each gave at most one seq, and a rev is never
/// below the seqs given so far: between those two bounds lies no more than what else happened. What retention
/// took were the first messages: the search begins behind them.
Result<std::int64_t> seq_at(Db& db, const ConversationRow& row, std::int64_t rev) {
  std::int64_t low = std::max(row.min_seq - 1, row.last_seq - std::max<std::int64_t>(0, row.rev - rev));
  std::int64_t high = std::min(row.last_seq, rev);
  while (low < high) {
    std::int64_t middle = low + (high - low + 1) / 2, created = INT64_MAX;
    TRY(db.run(select_created_rev, {row.tenant_id, row.conversation_id, middle},
               [&](const Row& r) { created = r.integer(0); }));
    created <= rev ? low = middle : high = middle - 1;
  }
  return low;
}

}  // namespace

Result<std::vector<Message>> messages_after_rev(Db& db, const ConversationRow& row, std::int64_t since,
                                                std::int64_t limit) {
  std::vector<Message> messages;
  if (since >= row.rev) return messages;
  auto take = [&](const Row& r) { messages.push_back(message_from(r)); };
  TRY_AS(seq, seq_at(db, row, since));
  TRY(db.run(select_unchanged, {row.tenant_id, row.conversation_id, seq, limit}, take));
  auto unchanged = static_cast<std::ptrdiff_t>(messages.size());
  TRY(db.run(select_changed, {row.tenant_id, row.conversation_id, since, limit}, take));
  std::inplace_merge(messages.begin(), messages.begin() + unchanged, messages.end(),
                     [](const Message& a, const Message& b) { return a.rev < b.rev; });
  if (static_cast<std::int64_t>(messages.size()) > limit) messages.resize(static_cast<std::size_t>(limit));
  return messages;
}

Result<std::int64_t> count_after_rev(Db& db, const ConversationRow& row, std::int64_t since) {
  TRY_AS(seq, seq_at(db, row, since));
  std::int64_t created = row.last_seq - seq, changed = 0;
  if (created > 1000) return 1001;
  TRY(db.run(count_changed, {row.tenant_id, row.conversation_id, since, seq},
             [&](const Row& r) { changed = r.integer(0); }));
  return std::min<std::int64_t>(created + changed, 1001);
}

}  // namespace aiim
