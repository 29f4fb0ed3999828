// Open streams: appends that survive, and the one end that folds them into the message. A stream is a message row with
// status `streaming`, a row of open_streams while it is open, and a row of stream_appends per append.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/conversations.h"
#include "wire/stream.h"

namespace aiim {

struct OpenStream {
  std::string tenant_id;
  std::string stream_id;
  std::string conversation_id;
  std::string sender_id;
  std::int64_t n = 0;
  std::int64_t bytes = 0;
};

/// Where a stream's message lives, open or ended, as a present member sees it; `not_found` for everybody else.
struct StreamPlace {
  Membership membership;
  Message message;
};
Result<StreamPlace> find_stream(Db& db, std::string_view tenant_id, std::string_view user_id,
                                std::string_view stream_id);

/// Takes append `n` (0: the next one) from the stream's writer and renews its lease. A repeat changes nothing; a jump
/// is `stream_gap`; after the end `stream_ended`. Publishes stream.delta. Returns the stream's last n.
Result<std::int64_t> append_to_stream(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                                      std::string_view stream_id, std::int64_t n, const std::vector<StreamOp>& ops);

struct StreamEnding {
  StreamOutcome outcome = StreamOutcome::complete;
  std::optional<std::string> finish_reason;
  std::optional<RawJson> usage;
};
/// Ends an open stream: folds what was written, takes a rev, publishes message.updated. The one who deletes its row in
/// open_streams ends it; `ended_already` for everybody later. `expired_before` set: only when its lease ran out.
Result<bool> end_stream(Tx& tx, std::string_view tenant_id, std::string_view stream_id, const StreamEnding& ending,
                        std::optional<Time> expired_before = std::nullopt);

/// Renews the leases of the writer's own open streams.
Result<> renew_streams(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                       const std::vector<std::string>& stream_ids);
Result<std::vector<OpenStream>> expired_streams(Db& db, Time now, std::int64_t limit);

/// Gives streaming messages what was written so far: content, and the last n as chunk_index.
Result<> show_streaming(Db& db, std::string_view tenant_id, std::span<Message> messages);
/// What an open stream's appends after `n` wrote, joined.
Result<std::vector<StreamOp>> appends_after(Db& db, std::string_view tenant_id, std::string_view stream_id,
                                            std::int64_t n);

}  // namespace aiim
