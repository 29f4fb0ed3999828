// What changed: the pages of sync and /changes, and the events with which hubs repair holes.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/conversations.h"
#include "wire/sync.h"

namespace aiim {

constexpr std::int64_t changes_page_max = 200;      // changes in one page
constexpr std::int64_t changes_behind_max = 1000;   // further behind: a reset
constexpr std::size_t sync_bytes_max = 512 * 1024;  // of one reply

/// One page for a member: what changed after `since_rev`. Never splits a rev. `epoch` empty: the present one.
/// `bytes_left` shrinks by what the page takes; a page of which nothing fits comes as a stub, unless `first`: then one
/// rev travels alone. Over 1,000 changes behind, another epoch, or a rev above the server's: `reset`.
struct ChangesQuery {
  std::string_view epoch = {};
  std::int64_t since_rev = 0;
  std::int64_t limit = changes_page_max;
  std::int64_t behind_max = changes_behind_max;
};
Result<ConversationSync> read_changes(Db& db, const Membership& reader, const ChangesQuery& query,
                                      std::size_t& bytes_left, bool first);

/// {conversation_id, epoch, rev, last_seq, unread_count}: ask again naming your rev.
Result<ConversationSync> stub_of(Db& db, const Membership& membership);

/// The durable changes after `rev` as events; see HubStore::read_changes.
struct RepairPage {
  std::vector<std::shared_ptr<const Event>> events;
  std::string epoch;
  std::int64_t rev = 0;
  bool more = false;
  bool gone = false;
  bool reset = false;
};
Result<RepairPage> read_repair(Db& db, std::string_view tenant_id, std::string_view conversation_id, std::int64_t rev,
                               std::int64_t highest_seq);

/// A sync token: up to where the user's own list was seen. Opaque to clients.
struct SyncToken {
  Time low_water;        // commits up to here were seen
  std::string after_id;  // and, at the very moment of a list that was cut, conversations up to this one
  // Of a list that was cut: where the token of its first part stood. What commits while a client goes from part to part
  // may be older than where it is; the last part therefore answers with this.
  std::optional<Time> began = std::nullopt;
};
/// What an id in a token or cursor of ours can be: printable ASCII, which every database compares without an error.
bool is_plain_id(std::string_view id);
std::string encode_token(const SyncToken& token);
std::optional<SyncToken> parse_token(std::string_view text);
/// The token for what this snapshot shows: the database's clock minus 10 s.
Result<SyncToken> token_now(Db& db);

struct MembershipListEntry {
  Membership membership;
  Time changed_at;
  bool removed = false;
};
/// The user's conversations that changed (or were left) since the token, the longest ago first, up to `limit`.
Result<std::vector<MembershipListEntry>> changed_since(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                       const SyncToken& since, std::int64_t limit);

/// One page of the user's conversations, newest activity first.
struct ListPosition {
  Time updated_at{253402300799999};  // year 9999: from the start
  std::string conversation_id = "~";
};
Result<std::vector<Membership>> list_memberships(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                 const ListPosition& after, Time updated_since, std::int64_t limit);

/// Where every conversation of a user stands: what a hub needs to follow them.
struct Position {
  std::string conversation_id;
  std::string epoch;
  std::int64_t rev = 0;
  std::int64_t last_seq = 0;
};
Result<std::vector<Position>> positions_of(Db& db, std::string_view tenant_id, std::string_view user_id);

}  // namespace aiim
