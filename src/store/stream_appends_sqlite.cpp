// Appending to streams on SQLite: the writer is alone, so each stream of a batch is read once and written once.
#include <map>

#include "store/messages.h"
#include "store/sqlite.h"
#include "store/stream_appends.h"

namespace aiim {
namespace {

const Statement select_stream(
    "stream_append.select.sqlite",
    "SELECT o.conversation_id, o.sender_id, o.n, o.bytes, o.lease_until, m.user_id FROM open_streams o "
    "LEFT JOIN conversation_members m ON m.conversation_id = o.conversation_id AND m.tenant_id = o.tenant_id "
    "AND m.user_id = o.sender_id AND m.left_at IS NULL WHERE o.tenant_id = $1 AND o.stream_id = $2",
    DbKind::sqlite);
const Statement insert_append("stream_append.insert.sqlite",
                              "INSERT INTO stream_appends (tenant_id, stream_id, n, ops, bytes, created_at) "
                              "VALUES ($1, $2, $3, $4, $5, $6)",
                              DbKind::sqlite);
const Statement update_stream("stream_append.update.sqlite",
                              "UPDATE open_streams SET n = $3, bytes = $4, lease_until = $5 "
                              "WHERE tenant_id = $1 AND stream_id = $2",
                              DbKind::sqlite);

using Key = std::pair<std::string_view, std::string_view>;  // tenant and stream, of the appends

Result<StreamState> read_state(Db& db, const StreamAppend& append, Time now) {
  StreamState state;
  TRY(db.run(select_stream, {append.tenant_id, append.stream_id}, [&](const Row& row) {
    state = {row.string(0), row.string(1), row.integer(2), row.integer(3), row.time(4) >= now, !row.is_null(5), false};
  }));
  return state;
}

}  // namespace

Result<> SqliteDb::append_streams(std::span<const StreamAppend* const> appends, std::span<StreamAppendOutcome> outcomes,
                                  Time now) {
  std::map<Key, StreamState> streams;
  for (std::size_t i = 0; i < appends.size(); ++i) {
    const StreamAppend& append = *appends[i];
    auto [at, unknown] = streams.try_emplace(Key(append.tenant_id, append.stream_id));
    if (unknown) {
      TRY_AS(state, read_state(*this, append, now));
      at->second = std::move(state);
    }
    outcomes[i] = judge_stream_append(at->second, append);
    if (outcomes[i].verdict != StreamAppendOutcome::Verdict::appended) continue;
    TRY(run(insert_append, {append.tenant_id, append.stream_id, outcomes[i].n, append.ops, at->second.bytes, now}));
  }
  for (const auto& [key, state] : streams) {
    if (!state.changed) continue;
    TRY(run(update_stream, {key.first, key.second, state.n, state.bytes, now + stream_lease_ms}));
  }
  return {};
}

}  // namespace aiim
