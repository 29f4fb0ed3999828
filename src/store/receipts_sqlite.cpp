// Moving cursors on SQLite: the writer is alone, so each step reads, decides and writes.
#include "store/receipts.h"
#include "store/sqlite.h"

namespace aiim {
namespace {

const Statement select_cursors(
    "advance.select.sqlite",
    "SELECT m.delivered_seq, m.read_seq, m.muted, m.pinned, c.member_count, c.last_seq "
    "FROM conversation_members m JOIN conversations c "
    "ON c.tenant_id = m.tenant_id AND c.conversation_id = m.conversation_id "
    "WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.user_id = $3 AND m.left_at IS NULL",
    DbKind::sqlite);
const Statement select_seq("advance.seq.sqlite",
                           "SELECT seq FROM im_messages WHERE tenant_id = $1 AND message_id = $3 "
                           "AND conversation_id = $2",
                           DbKind::sqlite);
const Statement move_cursors("advance.move.sqlite",
                             "UPDATE conversation_members SET delivered_seq = $4, read_seq = $5, own_updated_at = $6 "
                             "WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3",
                             DbKind::sqlite);
const Statement insert_receipt("advance.receipt.sqlite",
                               "INSERT INTO message_receipts (tenant_id, conversation_id, user_id, status, seq, "
                               "message_id, timestamp) SELECT tenant_id, conversation_id, $3, $4, seq, message_id, $6 "
                               "FROM im_messages WHERE tenant_id = $1 AND conversation_id = $2 AND seq = $5",
                               DbKind::sqlite);
const Statement count_unread("advance.unread.sqlite",
                             "SELECT COUNT(*) FROM (SELECT 1 FROM (SELECT sender_id, status, type FROM im_messages "
                             "WHERE tenant_id = $1 AND conversation_id = $2 AND seq > $4 ORDER BY seq DESC LIMIT 5000) "
                             "WHERE sender_id <> $3 AND status <> 'recalled' AND type <> 'system' LIMIT 1000)",
                             DbKind::sqlite);
const Statement count_mentions("advance.mentions.sqlite",
                               "SELECT COUNT(*) FROM (SELECT 1 FROM mentions WHERE tenant_id = $1 "
                               "AND conversation_id = $2 AND user_id = $3 AND seq > $4 LIMIT 1000)",
                               DbKind::sqlite);

struct Cursors {
  std::int64_t delivered = 0, read = 0, last_seq = 0;
};

// The seq that the step names, when there is one to go to.
Result<std::optional<std::int64_t>> target_of(Db& db, const CursorStep& step, std::int64_t last_seq,
                                              CursorOutcome& outcome) {
  using enum CursorOutcome::Verdict;
  std::optional<std::int64_t> seq = step.seq;
  if (!seq && step.message_id) {
    TRY(db.run(select_seq, {step.tenant_id, step.conversation_id, *step.message_id},
               [&](const Row& row) { seq = row.integer(0); }));
  }
  if (!seq) {
    outcome.verdict = no_message;
  } else if (*seq > last_seq) {
    outcome.verdict = beyond_last;
    seq.reset();
  }
  return seq;
}

Result<> advance(Db& db, const CursorStep& step, CursorOutcome& outcome, Time now) {
  using enum CursorOutcome::Verdict;
  Cursors was;
  TRY_AS(members, db.run(select_cursors, {step.tenant_id, step.conversation_id, step.user_id}, [&](const Row& row) {
    was = {row.integer(0), row.integer(1), row.integer(5)};
    outcome.muted = row.boolean(2);
    outcome.pinned = row.boolean(3);
    outcome.member_count = row.integer(4);
  }));
  if (members == 0) {
    outcome.verdict = no_member;
    return {};
  }
  TRY_AS(seq, target_of(db, step, was.last_seq, outcome));
  if (!seq) return {};
  outcome.delivered_seq = std::max(was.delivered, *seq);
  outcome.read_seq = step.read ? std::max(was.read, *seq) : was.read;
  bool delivered_moved = outcome.delivered_seq != was.delivered;
  bool read_moved = outcome.read_seq != was.read;
  outcome.verdict = delivered_moved || read_moved ? moved : unmoved;
  if (outcome.verdict == unmoved) return {};
  TRY(db.run(move_cursors,
             {step.tenant_id, step.conversation_id, step.user_id, outcome.delivered_seq, outcome.read_seq, now}));
  for (auto [status, did] : {std::pair("delivered", delivered_moved), std::pair("read", read_moved)}) {
    if (did) {
      TRY(db.run(insert_receipt, {step.tenant_id, step.conversation_id, step.user_id, status, *seq, now}));
    }
  }
  if (read_moved && *seq < was.last_seq) {
    TRY(db.run(count_unread, {step.tenant_id, step.conversation_id, step.user_id, *seq},
               [&](const Row& row) { outcome.unread_count = row.integer(0); }));
    TRY(db.run(count_mentions, {step.tenant_id, step.conversation_id, step.user_id, *seq},
               [&](const Row& row) { outcome.mention_count = row.integer(0); }));
  }
  return {};
}

}  // namespace

Result<> SqliteDb::advance_cursors(std::span<const CursorStep* const> steps, std::span<CursorOutcome> outcomes,
                                   Time now) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    TRY(advance(*this, *steps[i], outcomes[i], now));
  }
  return {};
}

}  // namespace aiim
