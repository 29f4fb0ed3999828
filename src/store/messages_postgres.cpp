// Appending on PostgreSQL: two round trips per batch, whatever its size, the commit included. The first locks the
// conversations in sorted order and, with the fresh snapshot of a second statement, judges every draft; the numbers are
// given here; the second writes, and is awaited with the commit. The locks keep what was judged true until the commit.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "store/batch_statement.h"
#include "store/message_rows.h"
#include "store/messages.h"
#include "store/postgres.h"

namespace aiim {
namespace {

// Locks in the order of its input, which is sorted; answers with the rows as they are once locked.
const BatchStatement lock_conversations(
    "append.lock.postgres",
    "SELECT i.place, c.ctid, c.last_seq, c.rev, c.epoch FROM unnest($1::text[], $2::text[]) WITH ORDINALITY "
    "AS i (tenant_id, conversation_id, place) CROSS JOIN LATERAL (SELECT ctid, last_seq, rev, epoch "
    "FROM conversations WHERE tenant_id = i.tenant_id AND conversation_id = i.conversation_id LIMIT 1 "
    "FOR NO KEY UPDATE) c");
// LATERAL … LIMIT 1: each probe is one look into an index, whatever the planner thinks of the batch's size.
const BatchStatement judge_drafts(
    "append.judge.postgres",
    "SELECT i.place, m.found, r.message_id, r.request_hash, p.found FROM "
    "unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY "
    "AS i (tenant_id, conversation_id, sender_id, client_msg_id, reply_to, place) "
    "LEFT JOIN LATERAL (SELECT TRUE AS found FROM conversation_members WHERE conversation_id = i.conversation_id "
    "AND tenant_id = i.tenant_id AND user_id = i.sender_id AND left_at IS NULL LIMIT 1) m ON TRUE "
    "LEFT JOIN LATERAL (SELECT message_id, request_hash FROM im_messages WHERE conversation_id = i.conversation_id "
    "AND tenant_id = i.tenant_id AND sender_id = i.sender_id AND client_msg_id = i.client_msg_id LIMIT 1) r ON TRUE "
    "LEFT JOIN LATERAL (SELECT TRUE AS found FROM im_messages WHERE message_id = i.reply_to "
    "AND tenant_id = i.tenant_id AND conversation_id = i.conversation_id LIMIT 1) p ON TRUE");
// Also writes the counters of the conversations, whose rows are locked and cannot move.
const BatchStatement insert_messages(
    "append.insert.postgres",
    "WITH bumped AS (UPDATE conversations c SET last_seq = n.last_seq, rev = n.rev, updated_at = $13::timestamptz "
    "FROM unnest($14::text[], $15::bigint[], $16::bigint[]) AS n (place, last_seq, rev) "
    "WHERE c.ctid = n.place::tid) "
    "INSERT INTO im_messages (tenant_id, conversation_id, message_id, sender_id, type, content, reply_to, "
    "client_msg_id, request_hash, seq, rev, stream_id, status, chunk_index, is_end, created_at) "
    "SELECT tenant_id, conversation_id, message_id, sender_id, type, content, reply_to, client_msg_id, request_hash, "
    "seq, rev, stream_id, CASE WHEN stream_id IS NULL THEN 'sent' ELSE 'streaming' END, "
    "CASE WHEN stream_id IS NULL THEN NULL ELSE 0 END, stream_id IS NULL, $13::timestamptz "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::text[], "
    "$9::text[], $10::bigint[], $11::bigint[], $12::text[]) AS i (tenant_id, conversation_id, message_id, sender_id, "
    "type, content, reply_to, client_msg_id, request_hash, seq, rev, stream_id)");
const BatchStatement insert_mentions(
    "append.mentions.postgres",
    "INSERT INTO mentions (tenant_id, conversation_id, user_id, seq) "
    "SELECT i.tenant_id, i.conversation_id, i.user_id, i.seq "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS i (tenant_id, conversation_id, user_id, seq) "
    "CROSS JOIN LATERAL (SELECT 1 FROM conversation_members WHERE conversation_id = i.conversation_id "
    "AND tenant_id = i.tenant_id AND user_id = i.user_id AND left_at IS NULL LIMIT 1) m ON CONFLICT DO NOTHING");
const BatchStatement insert_open_streams(
    "append.open_streams.postgres",
    "INSERT INTO open_streams (tenant_id, stream_id, conversation_id, sender_id, lease_until) "
    "SELECT tenant_id, stream_id, conversation_id, sender_id, $5::timestamptz "
    "FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS i (tenant_id, stream_id, conversation_id, "
    "sender_id)");
const BatchStatement select_repeated("append.repeated.postgres",
                                     "SELECT i.place, " MESSAGE_COLUMNS
                                     " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS i (tenant, id, place) "
                                     "CROSS JOIN LATERAL (SELECT * FROM im_messages "
                                     "WHERE message_id = i.id AND tenant_id = i.tenant LIMIT 1) m");

using Of = PgArray::Of;
using Verdict = AppendOutcome::Verdict;

std::string key_of(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (auto part : parts) key.append(part).append(1, '\0');
  return key;
}

struct Conversation {
  std::string ctid;  // where its locked row is
  std::int64_t last_seq = 0;
  std::int64_t rev = 0;
  std::string epoch;
  bool changed = false;
};

struct Item {
  const MessageDraft* draft;
  AppendOutcome* outcome;
  std::string stored_id;    // of a repeat
  std::string stored_hash;  // under the draft's client_msg_id, once somebody has used it
};

// Drafts with different keys, in order; lives for one call.
class Append {
 public:
  Append(PostgresDb& db, std::span<Item> items, Time now) : db_(db), items_(items), now_(now) {}

  Result<> all() {
    TRY(judge());
    TRY(write());
    return load_repeated();
  }

 private:
  using Key = std::pair<std::string_view, std::string_view>;  // tenant and conversation, of the drafts
  using Distinct = std::set<Key>;

  Result<> judge() {
    Distinct distinct;
    PgArray tenants(Of::text), conversations(Of::text), senders(Of::text), keys(Of::text), replies(Of::text);
    for (auto& [draft, outcome, id, hash] : items_) {
      distinct.insert({draft->tenant_id, draft->conversation_id});
      tenants.add(draft->tenant_id);
      conversations.add(draft->conversation_id);
      senders.add(draft->sender_id);
      keys.add(draft->client_msg_id);
      replies.add(draft->reply_to);
    }
    PgArray lock_tenants(Of::text), lock_conversations_of(Of::text);
    for (auto [tenant, conversation] : distinct) {
      lock_tenants.add(tenant);
      lock_conversations_of.add(conversation);
    }
    PgPipeline pipeline(db_);
    TRY(pipeline.add(lock_conversations, {lock_tenants, lock_conversations_of}));
    TRY(pipeline.add(judge_drafts, {tenants, conversations, senders, keys, replies}));
    TRY_AS(results, pipeline.finish());
    take_conversations(distinct, results[0].get());
    for (int i = 0; i < PQntuples(results[1].get()); ++i) take_verdict(PgRow(results[1].get(), i));
    return {};
  }

  void take_conversations(const Distinct& asked, const PGresult* result) {
    std::vector<Key> keys(asked.begin(), asked.end());
    for (int i = 0; i < PQntuples(result); ++i) {
      PgRow row(result, i);
      conversations_[keys[static_cast<std::size_t>(row.integer(0)) - 1]] = {row.string(1), row.integer(2),
                                                                            row.integer(3), row.string(4), false};
    }
  }

  void take_verdict(const Row& row) {
    Item& item = items_[static_cast<std::size_t>(row.integer(0)) - 1];
    auto& verdict = item.outcome->verdict;
    if (!row.boolean(1)) {
      verdict = Verdict::no_member;
    } else if (!row.is_null(2)) {
      item.stored_id = row.string(2);
      item.stored_hash = row.string(3);
      verdict = item.stored_hash == item.draft->request_hash ? Verdict::duplicate : Verdict::mismatch;
    } else if (item.draft->reply_to && !row.boolean(4)) {
      verdict = Verdict::bad_reply;
    } else {
      verdict = Verdict::appended;
      if (item.draft->client_msg_id) item.stored_hash = item.draft->request_hash;
    }
  }

  void number(Item& item) {
    auto found = conversations_.find({item.draft->tenant_id, item.draft->conversation_id});
    if (found == conversations_.end()) {  // a member row without its conversation: nothing to append to
      item.outcome->verdict = Verdict::no_member;
      return;
    }
    Conversation& conversation = found->second;
    item.outcome->message = appended_message(*item.draft, ++conversation.last_seq, ++conversation.rev, now_);
    item.outcome->epoch = conversation.epoch;
    conversation.changed = true;
  }

  Result<> write() {
    std::unordered_set<std::string> appended;  // what a later draft of this batch may reply to
    for (auto& item : items_) {
      auto& verdict = item.outcome->verdict;
      const MessageDraft& draft = *item.draft;
      if (verdict == Verdict::bad_reply &&
          appended.contains(key_of({draft.tenant_id, draft.conversation_id, *draft.reply_to}))) {
        verdict = Verdict::appended;
        item.stored_hash = draft.request_hash;
      }
      if (verdict == Verdict::appended) number(item);
      if (verdict == Verdict::appended) {
        appended.insert(key_of({draft.tenant_id, draft.conversation_id, draft.message_id}));
      }
    }
    if (appended.empty()) return {};
    auto now = to_rfc3339(now_);
    auto lease = to_rfc3339(now_ + stream_lease_ms);
    PgPipeline pipeline(db_);
    TRY(add_messages(pipeline, now));
    TRY(add_mentions(pipeline));
    TRY(add_open_streams(pipeline, lease));
    pipeline.finish_later();
    return {};
  }

  Result<> add_messages(PgPipeline& pipeline, const std::string& now) {
    PgArray tenants(Of::text), conversations(Of::text), ids(Of::text), senders(Of::text), types(Of::text),
        contents(Of::jsonb), replies(Of::text), keys(Of::text), hashes(Of::text), seqs(Of::bigint), revs(Of::bigint),
        streams(Of::text);
    for (auto& item : items_) {
      if (item.outcome->verdict != Verdict::appended) continue;
      const Message& message = item.outcome->message;
      tenants.add(item.draft->tenant_id);
      conversations.add(message.conversation_id);
      ids.add(message.message_id);
      senders.add(message.sender_id);
      types.add(name_of(message.type));
      contents.add(message.content.text);
      replies.add(message.reply_to);
      keys.add(message.client_msg_id);
      message.client_msg_id ? hashes.add(item.draft->request_hash) : hashes.add_null();
      seqs.add(message.seq);
      revs.add(message.rev);
      streams.add(message.stream_id);
    }
    PgArray places(Of::text), last_seqs(Of::bigint), last_revs(Of::bigint);
    for (auto& [key, conversation] : conversations_) {
      if (!conversation.changed) continue;
      places.add(conversation.ctid);
      last_seqs.add(conversation.last_seq);
      last_revs.add(conversation.rev);
    }
    return pipeline.add(insert_messages, {tenants, conversations, ids, senders, types, contents, replies, keys, hashes,
                                          seqs, revs, streams, now, places, last_seqs, last_revs});
  }

  Result<> add_mentions(PgPipeline& pipeline) {
    PgArray tenants(Of::text), conversations(Of::text), users(Of::text), seqs(Of::bigint);
    bool any = false;
    for (auto& item : items_) {
      if (item.outcome->verdict != Verdict::appended) continue;
      for (auto& user : item.draft->mentions) {
        if (user == item.draft->sender_id) continue;
        any = true;
        tenants.add(item.draft->tenant_id);
        conversations.add(item.draft->conversation_id);
        users.add(user);
        seqs.add(item.outcome->message.seq);
      }
    }
    if (!any) return {};
    return pipeline.add(insert_mentions, {tenants, conversations, users, seqs});
  }

  Result<> add_open_streams(PgPipeline& pipeline, const std::string& lease) {
    PgArray tenants(Of::text), ids(Of::text), conversations(Of::text), senders(Of::text);
    bool any = false;
    for (auto& item : items_) {
      if (item.outcome->verdict != Verdict::appended || !item.draft->stream) continue;
      any = true;
      tenants.add(item.draft->tenant_id);
      ids.add(item.draft->message_id);
      conversations.add(item.draft->conversation_id);
      senders.add(item.draft->sender_id);
    }
    if (!any) return {};
    return pipeline.add(insert_open_streams, {tenants, ids, conversations, senders, lease});
  }

  Result<> load_repeated() {
    PgArray tenants(Of::text), ids(Of::text);
    std::vector<Item*> repeated;
    for (auto& item : items_) {
      if (item.outcome->verdict != Verdict::duplicate) continue;
      repeated.push_back(&item);
      tenants.add(item.draft->tenant_id);
      ids.add(item.stored_id);
    }
    if (repeated.empty()) return {};
    PgPipeline pipeline(db_);
    TRY(pipeline.add(select_repeated, {tenants, ids}));
    TRY_AS(results, pipeline.finish());
    for (int i = 0; i < PQntuples(results[0].get()); ++i) {
      PgRow row(results[0].get(), i);
      repeated[static_cast<std::size_t>(row.integer(0)) - 1]->outcome->message = message_from(row, 1);
    }
    return {};
  }

  PostgresDb& db_;
  std::span<Item> items_;
  Time now_;
  std::map<Key, Conversation> conversations_;  // those that exist, locked
};

}  // namespace

// Repeats inside one batch: only the first draft of a key is sent, the others follow from its outcome. Where it was
// refused for its own sake, the next one is judged in another round.
Result<> PostgresDb::append_messages(std::span<const MessageDraft* const> drafts, std::span<AppendOutcome> outcomes,
                                     Time now) {
  std::vector<std::size_t> left(drafts.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  while (!left.empty()) {
    std::vector<Item> items;
    std::unordered_map<std::string, std::size_t> first_of;       // key → item
    std::vector<std::pair<std::size_t, std::size_t>> followers;  // draft, item
    for (auto i : left) {
      const MessageDraft& draft = *drafts[i];
      if (draft.client_msg_id) {
        auto key = key_of({draft.tenant_id, draft.conversation_id, draft.sender_id, *draft.client_msg_id});
        auto [at, first] = first_of.try_emplace(std::move(key), items.size());
        if (!first) {
          followers.emplace_back(i, at->second);
          continue;
        }
      }
      items.push_back({&draft, &outcomes[i], {}, {}});
    }
    Append append(*this, items, now);
    TRY(append.all());
    left.clear();
    for (auto [i, first] : followers) {
      const Item& item = items[first];
      bool same = item.stored_hash == drafts[i]->request_hash;
      if (item.outcome->verdict == Verdict::no_member) {
        outcomes[i].verdict = Verdict::no_member;
      } else if (item.outcome->verdict == Verdict::bad_reply || (item.outcome->verdict == Verdict::mismatch && same)) {
        left.push_back(i);
      } else if (!same) {
        outcomes[i].verdict = Verdict::mismatch;
      } else {
        outcomes[i].verdict = Verdict::duplicate;
        outcomes[i].message = item.outcome->message;
      }
    }
  }
  return {};
}

}  // namespace aiim
