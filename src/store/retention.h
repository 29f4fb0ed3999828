// Retention: how long a tenant keeps its messages, and deleting those that are older from the front of a conversation.
// A purge takes no rev: nobody changed anything, and a conversation does not become active by it. Clients see min_seq.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace aiim {

struct RetentionRule {
  std::string tenant_id;
  std::int64_t days = 0;
};
constexpr std::int64_t retention_days_max = 36'500;

/// Of the tenants that have one.
Result<std::vector<RetentionRule>> retention_rules(Db& db);
/// Nothing: messages are kept for ever.
Result<> set_retention(Tx& tx, std::string_view tenant_id, std::optional<std::int64_t> days);

struct ConversationKey {
  std::string conversation_id;
  std::string tenant_id;
};
/// Every tenant's conversations in the order of their keys: the next `limit` behind `after`.
Result<std::vector<ConversationKey>> conversations_behind(Db& db, const ConversationKey& after, std::int64_t limit);

/// Deletes up to `limit` messages from the front of a conversation that were made before `before`, with their reactions
/// and mentions, and moves min_seq; stops at one that is still being written. Returns how many: fewer than `limit` when
/// the rest is to stay.
Result<std::int64_t> purge_messages(Tx& tx, const ConversationKey& key, Time before, std::int64_t limit);

/// Deletes the steps of cursors below min_seq for the next `limit` members (present or not) behind `after`; returns the
/// last of them, or nothing at the end.
Result<std::optional<std::string>> purge_receipts(Tx& tx, const ConversationKey& key, std::string_view after,
                                                  std::int64_t limit);

}  // namespace aiim
