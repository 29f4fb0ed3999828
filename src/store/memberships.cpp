// A user's conversations: pages of the list, what changed since a sync token, where each stands.
#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "store/changes.h"

namespace aiim {
namespace {

constexpr std::int64_t low_water_ms = 10'000;  // write transactions last at most 5 s

#define MEMBERSHIP_COLUMNS                                                                                       \
  "c.conversation_id, c.type, c.name, c.tenant_id, c.created_at, c.updated_at, c.last_seq, c.rev, c.own_rev, "   \
  "c.epoch, "                                                                                                    \
  "c.member_count, c.min_seq, m.user_id, m.role, m.joined_at, m.left_at, m.joined_rev, m.rev, m.delivered_seq, " \
  "m.read_seq, "                                                                                                 \
  "m.muted, m.pinned"
// The tenant's comparison is kept from the indexes: of a table without statistics, PostgreSQL would take all of the
// tenant's conversations for as few as the one that is named.
#define FROM_MEMBERSHIPS                                                                        \
  " FROM conversation_members m JOIN conversations c ON c.conversation_id = m.conversation_id " \
  "AND c.tenant_id || '' = m.tenant_id WHERE m.tenant_id = $1 AND m.user_id = $2 "

const Statement select_memberships(
    "select_memberships",
    "SELECT " MEMBERSHIP_COLUMNS FROM_MEMBERSHIPS
    "AND m.left_at IS NULL AND (c.updated_at, c.conversation_id) < ($3, $4) AND c.updated_at >= $5 "
    "ORDER BY c.updated_at DESC, c.conversation_id DESC LIMIT $6");
// When a conversation last changed for this member: left ones change no more.
#define CHANGED_AT \
  "CASE WHEN m.left_at IS NULL AND c.updated_at > m.own_updated_at THEN c.updated_at ELSE m.own_updated_at END"
const Statement select_changed_memberships("select_changed_memberships",
                                           "SELECT " MEMBERSHIP_COLUMNS ", " CHANGED_AT FROM_MEMBERSHIPS
                                           "AND (" CHANGED_AT ", c.conversation_id) > ($3, $4) ORDER BY " CHANGED_AT
                                           ", c.conversation_id LIMIT $5");
const Statement select_positions("select_positions",
                                 "SELECT c.conversation_id, c.epoch, c.rev, c.last_seq" FROM_MEMBERSHIPS
                                 "AND m.left_at IS NULL");
const Statement select_clock("select_clock", "SELECT CAST(CURRENT_TIMESTAMP AS TEXT)");

Membership membership_from(const Row& row) { return {conversation_from(row), member_from(row, 12)}; }

// Only times that both databases can hold.
bool storable(Time time) { return time.ms >= 0 && time.ms <= 253402300799999; }

// CURRENT_TIMESTAMP is UTC on both; SQLite's text names no zone.
Result<Time> database_now(Db& db) {
  std::optional<Time> now;
  TRY(db.run(select_clock, {}, [&](const Row& row) {
    std::string text = row.string(0);
    if (text.find('+', 19) == std::string::npos) text += "+00";
    now = parse_time(text);
  }));
  if (!now) return Error(ErrorCode::internal, "the database's clock cannot be read");
  return *now;
}

}  // namespace

bool is_plain_id(std::string_view id) {
  return id.size() <= 128 && std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string encode_token(const SyncToken& token) {
  std::string text = token.began ? "2." + std::to_string(token.began->ms) + "." : "1.";
  return base64url(text + std::to_string(token.low_water.ms) + "." + token.after_id);
}

std::optional<SyncToken> parse_token(std::string_view text) {
  auto plain = base64url_decode(text);
  if (!plain || !(plain->starts_with("1.") || plain->starts_with("2."))) return std::nullopt;
  SyncToken token;
  const char* at = plain->data() + 2;
  const char* end = plain->data() + plain->size();
  const auto read_time = [&](Time& into) {
    auto time = std::from_chars(at, end, into.ms);
    if (time.ec != std::errc() || time.ptr == end || *time.ptr != '.' || !storable(into)) return false;
    at = time.ptr + 1;
    return true;
  };
  if (plain->front() == '2' && !read_time(token.began.emplace())) return std::nullopt;
  if (!read_time(token.low_water)) return std::nullopt;
  token.after_id.assign(at, end);
  return is_plain_id(token.after_id) ? std::optional(token) : std::nullopt;
}

Result<SyncToken> token_now(Db& db) {
  TRY_AS(now, database_now(db));
  return SyncToken{now + -low_water_ms, {}};
}

Result<std::vector<MembershipListEntry>> changed_since(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                       const SyncToken& since, std::int64_t limit) {
  std::vector<MembershipListEntry> entries;
  TRY(db.run(select_changed_memberships, {tenant_id, user_id, since.low_water, since.after_id, limit},
             [&](const Row& row) {
               Membership membership = membership_from(row);
               Time changed_at = row.time(22);
               bool removed = !membership.me.present();
               entries.push_back({std::move(membership), changed_at, removed});
             }));
  return entries;
}

Result<std::vector<Membership>> list_memberships(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                 const ListPosition& after, Time updated_since, std::int64_t limit) {
  std::vector<Membership> memberships;
  TRY(db.run(select_memberships, {tenant_id, user_id, after.updated_at, after.conversation_id, updated_since, limit},
             [&](const Row& row) { memberships.push_back(membership_from(row)); }));
  return memberships;
}

Result<std::vector<Position>> positions_of(Db& db, std::string_view tenant_id, std::string_view user_id) {
  std::vector<Position> positions;
  TRY(db.run(select_positions, {tenant_id, user_id}, [&](const Row& row) {
    positions.push_back({row.string(0), row.string(1), row.integer(2), row.integer(3)});
  }));
  return positions;
}

}  // namespace aiim
