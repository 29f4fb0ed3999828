// Moving cursors on PostgreSQL: two round trips per batch, the commit included. The first locks the members' rows in
// sorted order and reads what each step needs; the second writes where each cursor ended, and its receipt, and is
// awaited with the commit, or alone where somebody read up to a message that is not the last: what stays unread is
// counted then.
#include <map>
#include <tuple>

#include "store/batch_statement.h"
#include "store/postgres.h"
#include "store/receipts.h"

namespace aiim {
namespace {

// Locks in the order of its input, which is sorted; answers with the rows as they are once locked.
const BatchStatement lock_members(
    "advance.lock.postgres",
    "SELECT i.place, m.ctid, m.delivered_seq, m.read_seq, m.muted, m.pinned, m.left_at IS NULL "
    "FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS i (tenant_id, conversation_id, user_id, place) "
    "CROSS JOIN LATERAL (SELECT ctid, delivered_seq, read_seq, muted, pinned, left_at FROM conversation_members "
    "WHERE tenant_id = i.tenant_id AND conversation_id = i.conversation_id AND user_id = i.user_id LIMIT 1 "
    "FOR NO KEY UPDATE) m");
const BatchStatement judge_steps(
    "advance.judge.postgres",
    "SELECT i.place, c.member_count, c.last_seq, s.message_id, n.seq "
    "FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) WITH ORDINALITY "
    "AS i (tenant_id, conversation_id, seq, message_id, place) "
    "CROSS JOIN LATERAL (SELECT member_count, last_seq FROM conversations "
    "WHERE conversation_id = i.conversation_id AND tenant_id = i.tenant_id LIMIT 1) c "
    "LEFT JOIN LATERAL (SELECT message_id FROM im_messages WHERE conversation_id = i.conversation_id "
    "AND tenant_id = i.tenant_id AND seq = i.seq LIMIT 1) s ON TRUE "
    "LEFT JOIN LATERAL (SELECT seq FROM im_messages WHERE message_id = i.message_id AND tenant_id = i.tenant_id "
    "AND conversation_id = i.conversation_id LIMIT 1) n ON TRUE");
const BatchStatement move_cursors(
    "advance.move.postgres",
    "UPDATE conversation_members m SET delivered_seq = i.delivered_seq, read_seq = i.read_seq, "
    "own_updated_at = $4::timestamptz FROM unnest($1::text[], $2::bigint[], $3::bigint[]) "
    "AS i (place, delivered_seq, read_seq) WHERE m.ctid = i.place::tid");
const BatchStatement insert_receipts(
    "advance.receipts.postgres",
    "INSERT INTO message_receipts (tenant_id, conversation_id, user_id, status, seq, message_id, timestamp) "
    "SELECT tenant_id, conversation_id, user_id, status, seq, message_id, $7::timestamptz "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) "
    "AS i (tenant_id, conversation_id, user_id, status, seq, message_id)");
const BatchStatement count_unread(
    "advance.unread.postgres",
    "SELECT i.place, u.unread, n.mentions FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) WITH "
    "ORDINALITY "
    "AS i (tenant_id, conversation_id, user_id, seq, place) CROSS JOIN LATERAL (SELECT COUNT(*) AS unread FROM ("
    "SELECT 1 FROM (SELECT sender_id, status, type FROM im_messages WHERE tenant_id = i.tenant_id "
    "AND conversation_id = i.conversation_id AND seq > i.seq ORDER BY conversation_id, tenant_id, seq DESC LIMIT 5000) "
    "newest WHERE sender_id <> i.user_id AND status <> 'recalled' AND type <> 'system' LIMIT 1000) unread) u "
    "CROSS JOIN LATERAL (SELECT COUNT(*) AS mentions FROM (SELECT 1 FROM mentions WHERE tenant_id = i.tenant_id "
    "AND conversation_id = i.conversation_id AND user_id = i.user_id AND seq > i.seq LIMIT 1000) mentioned) n");

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
    Members members;
    for (auto& [key, cursors] : cursors_) members.add(key);
    PgArray tenants(Of::text), conversations(Of::text), seqs(Of::bigint), ids(Of::text);
    for (auto* step : steps_) {
      tenants.add(step->tenant_id);
      conversations.add(step->conversation_id);
      seqs.add(step->seq);
      step->seq ? ids.add_null() : ids.add(step->message_id);
    }
    PgPipeline pipeline(db_);
    TRY(pipeline.add(lock_members, {members.tenants, members.conversations, members.users}));
    TRY(pipeline.add(judge_steps, {tenants, conversations, seqs, ids}));
    TRY_AS(results, pipeline.finish());
    take_cursors(results[0].get());
    decide(results[1].get());
    return write();
  }

 private:
  struct Cursors {
    std::string ctid;  // where the locked row is
    std::int64_t delivered = 0, read = 0;
    bool muted = false, pinned = false, member = false;
    std::string delivered_to, read_to;  // the messages that this batch moved them to; empty: it did not
  };

  void take_cursors(const PGresult* locked) {
    std::vector<Cursors*> asked;
    for (auto& [key, cursors] : cursors_) asked.push_back(&cursors);
    for (int i = 0; i < PQntuples(locked); ++i) {
      PgRow row(locked, i);
      *asked[static_cast<std::size_t>(row.integer(0)) - 1] = {
          row.string(1), row.integer(2), row.integer(3), row.boolean(4), row.boolean(5), row.boolean(6), {}, {}};
    }
  }

  // In the order of the steps, which the result need not have. Steps without a row keep `no_member`.
  void decide(const PGresult* judged) {
    std::vector<int> row_of(steps_.size(), -1);
    for (int i = 0; i < PQntuples(judged); ++i) {
      row_of[static_cast<std::size_t>(PgRow(judged, i).integer(0)) - 1] = i;
    }
    for (std::size_t place = 0; place < row_of.size(); ++place) {
      if (row_of[place] >= 0) decide(place, PgRow(judged, row_of[place]));
    }
  }

  void decide(std::size_t place, const Row& row) {
    const CursorStep& step = *steps_[place];
    CursorOutcome& outcome = outcomes_[place];
    Cursors& cursors = cursors_[key_of(step)];
    if (!cursors.member) return;
    auto last_seq = row.integer(2);
    auto seq = step.seq ? step.seq : row.optional_integer(4);
    if (!seq || *seq > last_seq) {
      outcome.verdict = seq ? Verdict::beyond_last : Verdict::no_message;
      return;
    }
    bool delivered_moved = *seq > cursors.delivered;
    bool read_moved = step.read && *seq > cursors.read;
    auto reached = step.seq ? row.text(3) : std::string_view(*step.message_id);
    if (delivered_moved) {
      cursors.delivered = *seq;
      cursors.delivered_to = reached;
    }
    if (read_moved) {
      cursors.read = *seq;
      cursors.read_to = reached;
      if (*seq < last_seq) count(place, *seq);
    }
    outcome.verdict = delivered_moved || read_moved ? Verdict::moved : Verdict::unmoved;
    outcome.delivered_seq = cursors.delivered;
    outcome.read_seq = cursors.read;
    outcome.member_count = row.integer(1);
    outcome.muted = cursors.muted;
    outcome.pinned = cursors.pinned;
  }

  Result<> write() {
    PgArray places(Of::text), delivered(Of::bigint), read(Of::bigint);
    bool any = false;
    for (auto& [key, cursors] : cursors_) {
      if (!cursors.delivered_to.empty()) add_receipt(key, "delivered", cursors.delivered, cursors.delivered_to);
      if (!cursors.read_to.empty()) add_receipt(key, "read", cursors.read, cursors.read_to);
      if (cursors.delivered_to.empty() && cursors.read_to.empty()) continue;
      any = true;
      places.add(cursors.ctid);
      delivered.add(cursors.delivered);
      read.add(cursors.read);
    }
    if (!any) return {};
    PgPipeline pipeline(db_);
    TRY(pipeline.add(move_cursors, {places, delivered, read, now_}));
    TRY(pipeline.add(insert_receipts, {receipts_.tenants, receipts_.conversations, receipts_.users, statuses_,
                                       receipt_seqs_, receipt_ids_, now_}));
    if (unread_places_.empty()) {
      pipeline.finish_later();
      return {};
    }
    TRY(pipeline.add(count_unread, {unread_.tenants, unread_.conversations, unread_.users, unread_seqs_}));
    TRY_AS(results, pipeline.finish());
    for (int i = 0; i < PQntuples(results.back().get()); ++i) {
      PgRow row(results.back().get(), i);
      CursorOutcome& outcome = outcomes_[unread_places_[static_cast<std::size_t>(row.integer(0)) - 1]];
      outcome.unread_count = row.integer(1);
      outcome.mention_count = row.integer(2);
    }
    return {};
  }

  // Steps of one transaction have one time: the furthest one's receipt tells of those before it too.
  void add_receipt(const MemberKey& member, std::string_view status, std::int64_t seq, std::string_view message_id) {
    receipts_.add(member);
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
