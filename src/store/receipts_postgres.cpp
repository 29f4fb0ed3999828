// Moving cursors on PostgreSQL: two round trips per batch. The first locks the members' rows in sorted order and reads
// what each step needs; the second writes where each cursor ended, and every step's receipt.
#include <map>
#include <tuple>

#include "store/postgres.h"
#include "store/receipts.h"

namespace aiim {
namespace {

const Statement lock_members(
    "advance.lock.postgres",
    "SELECT 1 FROM unnest($1::text[], $2::text[], $3::text[]) AS i (tenant_id, conversation_id, user_id) "
    "JOIN conversation_members m ON m.tenant_id = i.tenant_id AND m.conversation_id = i.conversation_id "
    "AND m.user_id = i.user_id ORDER BY m.tenant_id COLLATE \"C\", m.conversation_id COLLATE \"C\", "
    "m.user_id COLLATE \"C\" FOR NO KEY UPDATE OF m",
    DbKind::postgres);
const Statement judge_steps(
    "advance.judge.postgres",
    "SELECT i.place, m.delivered_seq, m.read_seq, m.muted, m.pinned, c.member_count, c.last_seq, s.seq, s.message_id, "
    "n.seq, n.message_id FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]) WITH ORDINALITY "
    "AS i (tenant_id, conversation_id, user_id, seq, message_id, place) "
    "JOIN LATERAL (SELECT delivered_seq, read_seq, muted, pinned FROM conversation_members "
    "WHERE tenant_id = i.tenant_id AND conversation_id = i.conversation_id AND user_id = i.user_id "
    "AND left_at IS NULL LIMIT 1) m ON TRUE "
    "JOIN LATERAL (SELECT member_count, last_seq FROM conversations "
    "WHERE tenant_id = i.tenant_id AND conversation_id = i.conversation_id LIMIT 1) c ON TRUE "
    "LEFT JOIN LATERAL (SELECT seq, message_id FROM im_messages WHERE tenant_id = i.tenant_id "
    "AND conversation_id = i.conversation_id AND seq = i.seq LIMIT 1) s ON TRUE "
    "LEFT JOIN LATERAL (SELECT seq, message_id FROM im_messages WHERE tenant_id = i.tenant_id "
    "AND message_id = i.message_id AND conversation_id = i.conversation_id LIMIT 1) n ON TRUE",
    DbKind::postgres);
const Statement move_cursors(
    "advance.move.postgres",
    "UPDATE conversation_members m SET delivered_seq = i.delivered_seq, read_seq = i.read_seq, "
    "own_updated_at = $6::timestamptz FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) "
    "AS i (tenant_id, conversation_id, user_id, delivered_seq, read_seq) WHERE m.tenant_id = i.tenant_id "
    "AND m.conversation_id = i.conversation_id AND m.user_id = i.user_id",
    DbKind::postgres);
const Statement insert_receipts(
    "advance.receipts.postgres",
    "INSERT INTO message_receipts (tenant_id, conversation_id, user_id, status, seq, message_id, timestamp) "
    "SELECT tenant_id, conversation_id, user_id, status, seq, message_id, $7::timestamptz "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) "
    "AS i (tenant_id, conversation_id, user_id, status, seq, message_id)",
    DbKind::postgres);
const Statement count_unread(
    "advance.unread.postgres",
    "SELECT i.place, u.unread FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY "
    "AS i (tenant_id, conversation_id, user_id, seq, place) CROSS JOIN LATERAL (SELECT COUNT(*) AS unread FROM ("
    "SELECT 1 FROM im_messages WHERE tenant_id = i.tenant_id AND conversation_id = i.conversation_id "
    "AND seq > i.seq AND sender_id <> i.user_id AND status <> 'recalled' AND type <> 'system' LIMIT 1000) some) u",
    DbKind::postgres);

using Of = PgArray::Of;
using Verdict = CursorOutcome::Verdict;
using MemberKey = std::tuple<std::string_view, std::string_view, std::string_view>;

MemberKey key_of(const CursorStep& step) { return {step.tenant_id, step.conversation_id, step.user_id}; }

// Parallel arrays that name members.
struct Members {
  PgArray tenants{Of::text}, conversations{Of::text}, users{Of::text};
  void add(const MemberKey& key) {
    tenants.add(std::get<0>(key));
    conversations.add(std::get<1>(key));
    users.add(std::get<2>(key));
  }
};

// One batch; lives for one call.
class Advance {
 public:
  Advance(PostgresDb& db, std::span<const CursorStep* const> steps, std::span<CursorOutcome> outcomes, Time now)
      : db_(db), steps_(steps), outcomes_(outcomes), now_(to_rfc3339(now)) {}

  Result<> all() {
    for (auto* step : steps_) cursors_.try_emplace(key_of(*step));
    Members locked, all;
    for (auto& [key, cursors] : cursors_) locked.add(key);
    PgArray seqs(Of::bigint), ids(Of::text);
    for (auto* step : steps_) {
      all.add(key_of(*step));
      seqs.add(step->seq);
      step->seq ? ids.add_null() : ids.add(step->message_id);
    }
    PgPipeline pipeline(db_);
    TRY(pipeline.add(lock_members, {locked.tenants, locked.conversations, locked.users}));
    TRY(pipeline.add(judge_steps, {all.tenants, all.conversations, all.users, seqs, ids}));
    TRY_AS(results, pipeline.finish());
    return write(results[1].get());
  }

 private:
  struct Cursors {
    std::int64_t delivered = 0, read = 0;
    bool known = false, moved = false;
  };

  // Steps without a row keep `no_member`.
  Result<> write(const PGresult* judged) {
    std::map<std::size_t, int> row_of;  // the steps in their order: the result need not have it
    for (int i = 0; i < PQntuples(judged); ++i) {
      row_of[static_cast<std::size_t>(PgRow(judged, i).integer(0)) - 1] = i;
    }
    for (auto [place, i] : row_of) step(place, PgRow(judged, i));
    if (!any_moved_) return {};
    Members moved;
    PgArray delivered(Of::bigint), read(Of::bigint);
    for (auto& [key, cursors] : cursors_) {
      if (!cursors.moved) continue;
      moved.add(key);
      delivered.add(cursors.delivered);
      read.add(cursors.read);
    }
    PgPipeline pipeline(db_);
    TRY(pipeline.add(move_cursors, {moved.tenants, moved.conversations, moved.users, delivered, read, now_}));
    TRY(pipeline.add(insert_receipts, {receipts_.tenants, receipts_.conversations, receipts_.users, statuses_,
                                       receipt_seqs_, receipt_ids_, now_}));
    if (!unread_places_.empty()) {
      TRY(pipeline.add(count_unread, {unread_.tenants, unread_.conversations, unread_.users, unread_seqs_}));
    }
    TRY_AS(results, pipeline.finish());
    if (unread_places_.empty()) return {};
    const PGresult* counts = results.back().get();
    for (int i = 0; i < PQntuples(counts); ++i) {
      PgRow row(counts, i);
      outcomes_[unread_places_[static_cast<std::size_t>(row.integer(0)) - 1]].unread_count = row.integer(1);
    }
    return {};
  }

  void step(std::size_t place, const Row& row) {
    const CursorStep& step = *steps_[place];
    CursorOutcome& outcome = outcomes_[place];
    Cursors& cursors = cursors_[key_of(step)];
    if (!cursors.known) cursors = {row.integer(1), row.integer(2), true, false};
    outcome.muted = row.boolean(3);
    outcome.pinned = row.boolean(4);
    outcome.member_count = row.integer(5);
    auto last_seq = row.integer(6);
    auto seq = step.seq ? step.seq : row.optional_integer(9);
    if (!seq) {
      outcome.verdict = Verdict::no_message;
      return;
    }
    if (*seq > last_seq) {
      outcome.verdict = Verdict::beyond_last;
      return;
    }
    bool delivered_moved = *seq > cursors.delivered;
    bool read_moved = step.read && *seq > cursors.read;
    auto reached = row.text(step.seq ? 8 : 10);
    if (delivered_moved) {
      cursors.delivered = *seq;
      add_receipt(step, "delivered", *seq, reached);
    }
    if (read_moved) {
      cursors.read = *seq;
      add_receipt(step, "read", *seq, reached);
      if (*seq < last_seq) count(place, *seq);
    }
    outcome.delivered_seq = cursors.delivered;
    outcome.read_seq = cursors.read;
    bool moved = delivered_moved || read_moved;
    outcome.verdict = moved ? Verdict::moved : Verdict::unmoved;
    cursors.moved = cursors.moved || moved;
    any_moved_ = any_moved_ || moved;
  }

  void add_receipt(const CursorStep& step, std::string_view status, std::int64_t seq, std::string_view message_id) {
    receipts_.add(key_of(step));
    statuses_.add(status);
    receipt_seqs_.add(seq);
    receipt_ids_.add(message_id);
  }

  void count(std::size_t place, std::int64_t seq) {
    unread_places_.push_back(place);
    unread_.add(key_of(*steps_[place]));
    unread_seqs_.add(seq);
  }

  PostgresDb& db_;
  std::span<const CursorStep* const> steps_;
  std::span<CursorOutcome> outcomes_;
  std::string now_;
  std::map<MemberKey, Cursors> cursors_;
  bool any_moved_ = false;
  Members receipts_;
  PgArray statuses_{Of::text}, receipt_seqs_{Of::bigint}, receipt_ids_{Of::text};
  Members unread_;
  PgArray unread_seqs_{Of::bigint};
  std::vector<std::size_t> unread_places_;  // the steps that unread_ counts for
};

}  // namespace

Result<> PostgresDb::advance_cursors(std::span<const CursorStep* const> steps, std::span<CursorOutcome> outcomes,
                                     Time now) {
  if (steps.empty()) return {};
  return Advance(*this, steps, outcomes, now).all();
}

}  // namespace aiim
