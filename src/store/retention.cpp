#include "store/retention.h"

#include "store/conversations.h"

namespace aiim {
namespace {

const Statement select_rules("retention.rules", "SELECT tenant_id, days FROM retention ORDER BY tenant_id");
const Statement upsert_rule("retention.set",
                            "INSERT INTO retention (tenant_id, days, updated_at) VALUES ($1, $2, $3) "
                            "ON CONFLICT (tenant_id) DO UPDATE SET days = $2, updated_at = $3");
const Statement delete_rule("retention.off", "DELETE FROM retention WHERE tenant_id = $1");
const Statement select_behind(
    "retention.conversations",
    "SELECT conversation_id, tenant_id FROM conversations "
    "WHERE (conversation_id, tenant_id) > ($1, $2) ORDER BY conversation_id, tenant_id LIMIT $3");
// Takes the row's lock, as every change of the conversation does.
const Statement lock_row("retention.lock",
                         "UPDATE conversations SET min_seq = min_seq WHERE tenant_id = $1 AND conversation_id = $2 "
                         "RETURNING min_seq");
const Statement select_oldest(
    "retention.oldest",
    "SELECT seq, message_id, created_at, status, reactions IS NOT NULL, sender_id, client_msg_id FROM im_messages "
    "WHERE tenant_id = $1 AND conversation_id = $2 AND seq >= $3 ORDER BY seq LIMIT $4");
const Statement delete_messages("retention.messages",
                                "DELETE FROM im_messages WHERE tenant_id = $1 AND conversation_id = $2 AND seq < $3");
const Statement delete_mentions("retention.mentions",
                                "DELETE FROM mentions WHERE tenant_id = $1 AND conversation_id = $2 AND seq < $3");
const Statement delete_reactions("retention.reactions",
                                 "DELETE FROM reactions WHERE tenant_id = $1 AND message_id = $2");
const Statement move_front("retention.move",
                           "UPDATE conversations SET min_seq = $3 WHERE tenant_id = $1 AND conversation_id = $2");
const Statement select_members("retention.members",
                               "SELECT user_id FROM conversation_members WHERE tenant_id = $1 AND conversation_id = $2 "
                               "AND user_id > $3 ORDER BY user_id LIMIT $4");
const Statement delete_receipts("retention.receipts",
                                "DELETE FROM message_receipts WHERE tenant_id = $1 AND conversation_id = $2 "
                                "AND user_id = $3 AND status = $4 AND seq < $5");

/// Nothing when the conversation is gone.
Result<std::optional<std::int64_t>> lock_front(Tx& tx, const ConversationKey& key) {
  std::optional<std::int64_t> min_seq;
  TRY(tx.db.run(lock_row, {key.tenant_id, key.conversation_id}, [&](const Row& row) { min_seq = row.integer(0); }));
  return min_seq;
}

}  // namespace

Result<std::vector<RetentionRule>> retention_rules(Db& db) {
  std::vector<RetentionRule> rules;
  TRY(db.run(select_rules, {}, [&](const Row& row) { rules.push_back({row.string(0), row.integer(1)}); }));
  return rules;
}

Result<> set_retention(Tx& tx, std::string_view tenant_id, std::optional<std::int64_t> days) {
  if (!days) {
    TRY(tx.db.run(delete_rule, {tenant_id}));
    return {};
  }
  TRY(tx.db.run(upsert_rule, {tenant_id, *days, tx.now}));
  return {};
}

Result<std::vector<ConversationKey>> conversations_behind(Db& db, const ConversationKey& after, std::int64_t limit) {
  std::vector<ConversationKey> keys;
  TRY(db.run(select_behind, {after.conversation_id, after.tenant_id, limit}, [&](const Row& row) {
    keys.push_back({row.string(0), row.string(1)});
  }));
  return keys;
}

Result<std::int64_t> purge_messages(Tx& tx, const ConversationKey& key, Time before, std::int64_t limit) {
  TRY_AS(min_seq, lock_front(tx, key));
  if (!min_seq) return 0;
  std::int64_t purged = 0, kept_from = *min_seq;
  bool old = true;
  std::vector<std::string> with_reactions;
  std::vector<ClientId> client_ids;
  TRY(tx.db.run(select_oldest, {key.tenant_id, key.conversation_id, *min_seq, limit}, [&](const Row& row) {
    old = old && row.time(2) < before && row.text(3) != "streaming";
    if (!old) return;
    purged++;
    kept_from = row.integer(0) + 1;
    if (row.boolean(4)) with_reactions.push_back(row.string(1));
    if (row.is_null(6)) return;
    client_ids.push_back({key.tenant_id, key.conversation_id, row.string(5), row.string(6), row.integer(0)});
  }));
  if (purged == 0) return 0;
  for (const std::string& message_id : with_reactions) {
    TRY(tx.db.run(delete_reactions, {key.tenant_id, message_id}));
  }
  for (const ClientId& used : client_ids) {
    TRY(tx.db.forget_client_id(used));
  }
  TRY(tx.db.run(delete_mentions, {key.tenant_id, key.conversation_id, kept_from}));
  TRY(tx.db.run(delete_messages, {key.tenant_id, key.conversation_id, kept_from}));
  TRY(tx.db.run(move_front, {key.tenant_id, key.conversation_id, kept_from}));
  return purged;
}

Result<std::optional<std::string>> purge_receipts(Tx& tx, const ConversationKey& key, std::string_view after,
                                                  std::int64_t limit) {
  TRY_AS(min_seq, lock_front(tx, key));
  std::vector<std::string> members;
  TRY(tx.db.run(select_members, {key.tenant_id, key.conversation_id, after, limit},
                [&](const Row& row) { members.push_back(row.string(0)); }));
  for (const std::string& user_id : members) {
    for (const char* status : {"delivered", "read"}) {
      TRY(tx.db.run(delete_receipts, {key.tenant_id, key.conversation_id, user_id, status, min_seq.value_or(0)}));
    }
  }
  return members.empty() ? std::optional<std::string>() : std::optional(std::move(members.back()));
}

}  // namespace aiim
