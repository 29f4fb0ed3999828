#include "store/audit.h"

#include <charconv>

namespace aiim {
namespace {

const Statement insert_audit(
    "insert_audit",
    "INSERT INTO audit_log (tenant_id, at, actor_id, operation, conversation_id, target, request_id, "
    "address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");

const Statement select_audit(
    "select_audit",
    "SELECT id, at, actor_id, operation, conversation_id, target, request_id, address FROM audit_log "
    "WHERE tenant_id = $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4");

/// Where a page ended: "<ms>.<id>".
struct Place {
  Time at{253'402'300'799'999};  // the end of the year 9999: before everything
  std::int64_t id = INT64_MAX;
};

std::optional<Place> parse_place(std::string_view cursor) {
  Place place;
  if (cursor.empty()) return place;
  const char* end = cursor.data() + cursor.size();
  auto at = std::from_chars(cursor.data(), end, place.at.ms);
  if (at.ec != std::errc() || at.ptr == end || *at.ptr != '.') return std::nullopt;
  auto id = std::from_chars(at.ptr + 1, end, place.id);
  if (id.ec != std::errc() || id.ptr != end) return std::nullopt;
  if (place.at.ms < 0 || place.at > Place().at) return std::nullopt;
  return place;
}

Param or_null(std::string_view text) { return text.empty() ? Param(nullptr) : Param(text); }

}  // namespace

Result<> write_audit(Tx& tx, const AuditEntry& entry) {
  TRY(tx.db.run(insert_audit, {entry.tenant_id, tx.now, entry.actor_id, entry.operation, or_null(entry.conversation_id),
                               or_null(entry.target), or_null(entry.request_id), or_null(entry.address)}));
  return {};
}

Result<AuditPage> list_audit(Db& db, std::string_view tenant_id, std::string_view cursor, std::int64_t limit) {
  auto from = parse_place(cursor);
  if (!from) return Error::field("cursor", "is not a cursor of this list");
  AuditPage page;
  std::string last;
  TRY(db.run(select_audit, {tenant_id, from->at, from->id, limit + 1}, [&](const Row& row) {
    if (static_cast<std::int64_t>(page.entries.size()) == limit) {
      page.next_cursor = last;
      return;
    }
    last = std::to_string(row.time(1).ms) + "." + std::to_string(row.integer(0));
    page.entries.push_back({row.time(1), row.string(2), row.string(3), row.optional_string(4), row.optional_string(5),
                            row.optional_string(6), row.optional_string(7)});
  }));
  return page;
}

}  // namespace aiim
