#include "store/agents.h"

namespace aiim {
namespace {

// The tenant's comparison is kept from the index of conversations, see memberships.cpp.
const Statement select_unread(
    "select_unread_conversations",
    "SELECT c.conversation_id FROM conversation_members m JOIN conversations c "
    "ON c.conversation_id = m.conversation_id AND c.tenant_id || '' = m.tenant_id "
    "WHERE m.tenant_id = $1 AND m.user_id = $2 AND m.left_at IS NULL AND c.last_seq > m.read_seq LIMIT $3");
const Statement select_lease("select_lease",
                             "SELECT lease_until FROM open_streams WHERE tenant_id = $1 AND stream_id = $2");

}  // namespace

Result<std::vector<std::string>> unread_conversations(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                      std::int64_t limit) {
  std::vector<std::string> ids;
  TRY(db.run(select_unread, {tenant_id, user_id, limit}, [&](const Row& row) { ids.push_back(row.string(0)); }));
  return ids;
}

Result<std::optional<Time>> lease_of(Db& db, std::string_view tenant_id, std::string_view stream_id) {
  std::optional<Time> lease;
  TRY(db.run(select_lease, {tenant_id, stream_id}, [&](const Row& row) { lease = row.time(0); }));
  return lease;
}

}  // namespace aiim
