// Moving cursors on SQLite. The writer is alone: a batch reads each member once and writes where its cursors ended.
#include <unordered_map>

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

// A member's cursors in the course of a batch.
struct Cursors {
  bool member = false, muted = false, pinned = false;
  std::int64_t delivered = 0, read = 0, member_count = 0, last_seq = 0;
  std::int64_t delivered_to = 0, read_to = 0;  // where this batch moved them to; 0: it did not
  const CursorStep* step = nullptr;            // one that moved them
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

// One batch; lives for one call. What it has read of a member stays true until its end, and what it changes is written
// once: steps of one transaction have one time, so the furthest step's receipt tells of those before it too.
class Advance {
 public:
  Advance(Db& db, Time now) : db_(db), now_(now) {}

  Result<> one(const CursorStep& step, CursorOutcome& outcome) {
    TRY_AS(cursors, cursors_of(step));
    if (!cursors->member) {
      outcome.verdict = CursorOutcome::Verdict::no_member;
      return {};
    }
    outcome.muted = cursors->muted;
    outcome.pinned = cursors->pinned;
    outcome.member_count = cursors->member_count;
    TRY_AS(seq, target_of(db_, step, cursors->last_seq, outcome));
    if (!seq) return {};
    bool read_moved = move(*cursors, step, *seq, outcome);
    if (read_moved && *seq < cursors->last_seq) return count(step, *seq, outcome);
    return {};
  }

  Result<> finish() {
    for (auto& [key, cursors] : cursors_) {
      if (!cursors.step) continue;
      const CursorStep& step = *cursors.step;
      TRY(db_.run(move_cursors,
                  {step.tenant_id, step.conversation_id, step.user_id, cursors.delivered, cursors.read, now_}));
      for (auto [status, seq] : {std::pair("delivered", cursors.delivered_to), std::pair("read", cursors.read_to)}) {
        if (seq > 0) {
          TRY(db_.run(insert_receipt, {step.tenant_id, step.conversation_id, step.user_id, status, seq, now_}));
        }
      }
    }
    return {};
  }

 private:
  Result<Cursors*> cursors_of(const CursorStep& step) {
    key_.assign(step.tenant_id).append(1, '\0').append(step.conversation_id).append(1, '\0').append(step.user_id);
    auto [at, fresh] = cursors_.try_emplace(key_);
    Cursors& cursors = at->second;
    if (!fresh) return &cursors;
    TRY(db_.run(select_cursors, {step.tenant_id, step.conversation_id, step.user_id}, [&](const Row& row) {
      cursors.member = true;
      cursors.delivered = row.integer(0);
      cursors.read = row.integer(1);
      cursors.muted = row.boolean(2);
      cursors.pinned = row.boolean(3);
      cursors.member_count = row.integer(4);
      cursors.last_seq = row.integer(5);
    }));
    return &cursors;
  }

  // True when the cursor of what was read moved.
  static bool move(Cursors& cursors, const CursorStep& step, std::int64_t seq, CursorOutcome& outcome) {
    bool delivered_moved = seq > cursors.delivered;
    bool read_moved = step.read && seq > cursors.read;
    if (delivered_moved) cursors.delivered = cursors.delivered_to = seq;
    if (read_moved) cursors.read = cursors.read_to = seq;
    if (delivered_moved || read_moved) cursors.step = &step;
    outcome.delivered_seq = cursors.delivered;
    outcome.read_seq = cursors.read;
    outcome.verdict = delivered_moved || read_moved ? CursorOutcome::Verdict::moved : CursorOutcome::Verdict::unmoved;
    return read_moved;
  }

  Result<> count(const CursorStep& step, std::int64_t seq, CursorOutcome& outcome) {
    TRY(db_.run(count_unread, {step.tenant_id, step.conversation_id, step.user_id, seq},
                [&](const Row& row) { outcome.unread_count = row.integer(0); }));
    TRY(db_.run(count_mentions, {step.tenant_id, step.conversation_id, step.user_id, seq},
                [&](const Row& row) { outcome.mention_count = row.integer(0); }));
    return {};
  }

  Db& db_;
  Time now_;
  std::string key_;
  std::unordered_map<std::string, Cursors> cursors_;  // by tenant, conversation and user
};

}  // namespace

Result<> SqliteDb::advance_cursors(std::span<const CursorStep* const> steps, std::span<CursorOutcome> outcomes,
                                   Time now) {
  Advance advance(*this, now);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    TRY(advance.one(*steps[i], outcomes[i]));
  }
  return advance.finish();
}

}  // namespace aiim
