#include "store/sync.h"

#include <algorithm>

namespace aiim {
namespace {

ConversationSync removed(std::string_view conversation_id) {
  ConversationSync out;
  out.conversation_id = conversation_id;
  out.removed = true;
  return out;
}

struct Reader {
  Db& db;
  std::string_view tenant_id;
  std::string_view user_id;
  const SyncLimits& limits;
  std::size_t bytes_left;
  SyncReply reply;

  /// Its page, a stub once the reply is full, or `removed`.
  Result<ConversationSync> named(const SyncPosition& position) {
    auto membership = read_membership(db, tenant_id, position.conversation_id, user_id);
    if (!membership) {
      if (membership.error().code != ErrorCode::not_found) return membership.error();
      return removed(position.conversation_id);
    }
    if (bytes_left == 0) {
      reply.more = true;
      return stub_of(db, *membership);
    }
    const std::string epoch = position.epoch.value_or("");
    ChangesQuery query{epoch, position.rev, limits.changes, limits.behind};
    TRY_AS(page, read_changes(db, *membership, query, bytes_left, reply.conversations.empty()));
    const bool whole = page.reset.has_value() || (page.complete && *page.complete);
    if (!whole) reply.more = true;
    return std::move(page);
  }

  Result<> others(std::span<const SyncPosition> known, const SyncToken& since, const SyncToken& now) {
    if (since.began) reply.sync_token = encode_token({*since.began, {}});
    const auto limit = static_cast<std::int64_t>(limits.conversations) + 1;
    TRY_AS(changed, changed_since(db, tenant_id, user_id, since, limit));
    if (static_cast<std::int64_t>(changed.size()) == limit) {
      // Too many for one reply: the token goes on behind the last one named here.
      changed.pop_back();
      const MembershipListEntry& last = changed.back();
      reply.more = true;
      reply.sync_token = encode_token(
          {last.changed_at, last.membership.conversation.conversation_id, since.began.value_or(now.low_water)});
    }
    for (const MembershipListEntry& entry : changed) {
      const std::string& id = entry.membership.conversation.conversation_id;
      const auto is_known = [&](const SyncPosition& each) { return each.conversation_id == id; };
      if (std::any_of(known.begin(), known.end(), is_known)) continue;
      if (entry.removed) {
        reply.conversations.push_back(removed(id));
        continue;
      }
      TRY_AS(stub, stub_of(db, entry.membership));
      reply.conversations.push_back(std::move(stub));
    }
    return {};
  }
};

}  // namespace

Result<SyncReply> read_sync(Db& db, std::string_view tenant_id, std::string_view user_id,
                            std::span<const SyncPosition> named, const std::optional<SyncToken>& since,
                            const SyncToken& now, const SyncLimits& limits) {
  Reader reader{db, tenant_id, user_id, limits, limits.bytes, {}};
  reader.reply.sync_token = encode_token(now);
  for (const SyncPosition& position : named) {
    TRY_AS(page, reader.named(position));
    reader.reply.conversations.push_back(std::move(page));
  }
  if (since) {
    TRY(reader.others(named, *since, now));
  }
  return std::move(reader.reply);
}

}  // namespace aiim
