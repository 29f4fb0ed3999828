// Appending to streams on PostgreSQL in two round trips per batch, the commit included. The first locks the streams'
// rows in sorted order and, with a snapshot from after that, judges whether their writers are members; the second
// writes, and is awaited with the commit.
#include <map>

#include "store/batch_statement.h"
#include "store/messages.h"
#include "store/postgres.h"
#include "store/stream_appends.h"

namespace aiim {
namespace {

const BatchStatement lock_streams(
    "stream_append.lock.postgres",
    "SELECT i.place, o.conversation_id, o.sender_id, o.n, o.bytes, o.lease_until FROM unnest($1::text[], $2::text[]) "
    "WITH ORDINALITY AS i (tenant_id, stream_id, place) CROSS JOIN LATERAL (SELECT conversation_id, sender_id, n, "
    "bytes, lease_until "
    "FROM open_streams WHERE tenant_id = i.tenant_id AND stream_id = i.stream_id LIMIT 1 FOR NO KEY UPDATE) o");
const BatchStatement judge_writers(
    "stream_append.judge.postgres",
    "SELECT i.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS i (tenant_id, stream_id, place) "
    "CROSS JOIN LATERAL (SELECT conversation_id, sender_id FROM open_streams WHERE tenant_id = i.tenant_id "
    "AND stream_id = i.stream_id LIMIT 1) o "
    "CROSS JOIN LATERAL (SELECT 1 FROM conversation_members WHERE conversation_id = o.conversation_id "
    "AND tenant_id = i.tenant_id AND user_id = o.sender_id AND left_at IS NULL LIMIT 1) m");
const BatchStatement insert_appends(
    "stream_append.insert.postgres",
    "INSERT INTO stream_appends (tenant_id, stream_id, n, ops, bytes, created_at) "
    "SELECT tenant_id, stream_id, n, ops, bytes, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::bigint[], "
    "$4::jsonb[], $5::bigint[]) AS i (tenant_id, stream_id, n, ops, bytes)");
const BatchStatement update_streams(
    "stream_append.update.postgres",
    "UPDATE open_streams o SET n = i.n, bytes = i.bytes, lease_until = $5::timestamptz "
    "FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS i (tenant_id, stream_id, n, bytes) "
    "WHERE o.tenant_id = i.tenant_id AND o.stream_id = i.stream_id");

using Of = PgArray::Of;
using Key = std::pair<std::string_view, std::string_view>;  // tenant and stream, of the appends
using Streams = std::map<Key, StreamState>;

Result<> lock(PostgresDb& db, Streams& streams, Time now) {
  PgArray tenants(Of::text), ids(Of::text);
  std::vector<StreamState*> places;
  for (auto& [key, state] : streams) {
    tenants.add(key.first);
    ids.add(key.second);
    places.push_back(&state);
  }
  PgPipeline pipeline(db);
  TRY(pipeline.add(lock_streams, {tenants, ids}));
  TRY(pipeline.add(judge_writers, {tenants, ids}));
  TRY_AS(results, pipeline.finish());
  for (int i = 0; i < PQntuples(results[0].get()); ++i) {
    PgRow row(results[0].get(), i);
    StreamState& state = *places[static_cast<std::size_t>(row.integer(0)) - 1];
    state = {row.string(1), row.string(2), row.integer(3), row.integer(4), row.time(5) >= now, false, false};
  }
  for (int i = 0; i < PQntuples(results[1].get()); ++i) {
    places[static_cast<std::size_t>(PgRow(results[1].get(), i).integer(0)) - 1]->member = true;
  }
  return {};
}

}  // namespace

Result<> PostgresDb::append_streams(std::span<const StreamAppend* const> appends,
                                    std::span<StreamAppendOutcome> outcomes, Time now) {
  Streams streams;
  for (const StreamAppend* append : appends) streams.try_emplace(Key(append->tenant_id, append->stream_id));
  TRY(lock(*this, streams, now));
  PgArray tenants(Of::text), ids(Of::text), numbers(Of::bigint), ops(Of::jsonb), totals(Of::bigint);
  bool any = false;
  for (std::size_t i = 0; i < appends.size(); ++i) {
    StreamState& state = streams[Key(appends[i]->tenant_id, appends[i]->stream_id)];
    outcomes[i] = judge_stream_append(state, *appends[i]);
    if (outcomes[i].verdict != StreamAppendOutcome::Verdict::appended) continue;
    any = true;
    tenants.add(appends[i]->tenant_id);
    ids.add(appends[i]->stream_id);
    numbers.add(outcomes[i].n);
    ops.add(appends[i]->ops.text);
    totals.add(state.bytes);
  }
  if (!any) return {};
  PgArray changed_tenants(Of::text), changed_ids(Of::text), last(Of::bigint), bytes(Of::bigint);
  for (const auto& [key, state] : streams) {
    if (!state.changed) continue;
    changed_tenants.add(key.first);
    changed_ids.add(key.second);
    last.add(state.n);
    bytes.add(state.bytes);
  }
  const std::string at = to_rfc3339(now), lease = to_rfc3339(now + stream_lease_ms);
  PgPipeline pipeline(*this);
  TRY(pipeline.add(insert_appends, {tenants, ids, numbers, ops, totals, at}));
  TRY(pipeline.add(update_streams, {changed_tenants, changed_ids, last, bytes, lease}));
  pipeline.finish_later();
  return {};
}

}  // namespace aiim
