// Open streams: appends that survive, and the one end that folds them into the message. A stream is a message row with
// status `streaming`, a row of open_streams while it is open, and a row of stream_appends per append.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/conversations.h"
#include "store/stream_appends.h"
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

/// Starts a stream with its message: the one way in for both, so that `open_max` streams of one user hold. Publishes
/// message.created. Above: `rate_limited`.
Result<AppendOutcome> begin_stream(Tx& tx, const MessageDraft& draft, std::int64_t open_max);

/// For whoever appends to a stream, ends it or cancels it too late.
Error written_too_late();

/// Takes an append from the stream's writer and renews its lease. A repeat changes nothing; a jump is `stream_gap`;
/// after the end `stream_ended`. Publishes the delta.
Result<> append_to_stream(Tx& tx, const StreamAppend& append);
/// What an outcome that is not `refused` means for who asked.
Result<> result_of(const StreamAppendOutcome& outcome);
/// Why an append was refused: `not_found`, `forbidden` or `stream_ended`.
Error explain_refusal(Db& db, const StreamAppend& append);

struct StreamEnding {
  StreamOutcome outcome = StreamOutcome::complete;
  std::optional<std::string> finish_reason;
  std::optional<RawJson> usage;
};
/// Ends an open stream: folds what was written, takes a rev, publishes message.updated. The one who deletes its row in
/// open_streams ends it; `ended_already` for everybody later. `expired_before` set: only when its lease ran out.
Result<bool> end_stream(Tx& tx, std::string_view tenant_id, std::string_view stream_id, const StreamEnding& ending,
                        std::optional<Time> expired_before = std::nullopt);

/// Renews the leases of the writer's own open streams, where they have not run out and it still is a member.
Result<> renew_streams(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                       const std::vector<std::string>& stream_ids);
/// Lets the leases of a user's open streams run out now, in one conversation or in all: the sweeper ends them.
Result<> expire_streams(Tx& tx, std::string_view tenant_id, std::string_view user_id,
                        std::optional<std::string_view> conversation_id = std::nullopt);
Result<std::vector<OpenStream>> expired_streams(Db& db, Time now, std::int64_t limit);

/// Gives streaming messages what was written so far: content, and the last n as chunk_index.
Result<> show_streaming(Db& db, std::string_view tenant_id, std::span<Message> messages);
/// The same for a page, as far as contents have no more than `bytes_max` bytes, but for one message at least. Returns
/// how many those are.
Result<std::size_t> show_streaming_within(Db& db, std::string_view tenant_id, std::span<Message> messages,
                                          std::size_t bytes_max);
/// What an open stream's appends after `n` wrote, joined.
Result<std::vector<StreamOp>> appends_after(Db& db, std::string_view tenant_id, std::string_view stream_id,
                                            std::int64_t n);

}  // namespace aiim
