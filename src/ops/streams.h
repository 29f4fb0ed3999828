// Streams: AI answers (and anything else) written piece by piece.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ops/app.h"
#include "ops/messages.h"
#include "wire/stream.h"

namespace aiim {

struct StartStream {
  std::string conversation_id;
  std::optional<std::string> reply_to;
  std::optional<std::string> client_msg_id;
};
BOOST_DESCRIBE_STRUCT(StartStream, (), (conversation_id, reply_to, client_msg_id))
struct StreamStarted {
  std::string stream_id;  // the message's id
  std::int64_t seq = 0;
  std::int64_t rev = 0;
  std::int64_t lease_ms = 0;
  bool duplicate = false;
};
BOOST_DESCRIBE_STRUCT(StreamStarted, (), (stream_id, seq, rev, lease_ms, duplicate))

struct AppendStream {
  std::string stream_id;
  std::int64_t n = 0;
  std::vector<StreamOp> ops;
};
BOOST_DESCRIBE_STRUCT(AppendStream, (), (stream_id, n, ops))
struct StreamAppended {
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(StreamAppended, (), (n))

/// What a writer may say of its stream's end; `interrupted` is the server's.
enum class StreamStatus : std::uint8_t { complete, error, cancelled };
BOOST_DESCRIBE_ENUM(StreamStatus, complete, error, cancelled)
struct EndStream {
  std::string stream_id;
  std::optional<StreamStatus> status;  // default complete
  std::optional<std::string> finish_reason;
  std::optional<RawJson> usage;
};
BOOST_DESCRIBE_STRUCT(EndStream, (), (stream_id, status, finish_reason, usage))
struct StreamId {
  std::string stream_id;
};
BOOST_DESCRIBE_STRUCT(StreamId, (), (stream_id))
struct WatchStream {
  std::string stream_id;
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(WatchStream, (), (stream_id, n))

/// The original implementation's form: starts, appends and ends by client_msg_id.
struct StreamChunk {
  std::string conversation_id;
  std::optional<std::string> chunk;
  std::optional<bool> stream_end;
  std::string client_msg_id;
  std::optional<std::int64_t> chunk_index;  // = n: makes retries safe
};
BOOST_DESCRIBE_STRUCT(StreamChunk, (), (conversation_id, chunk, stream_end, client_msg_id, chunk_index))

Async<StreamStarted> start_stream(App& app, Caller caller, StartStream request);
Async<StreamAppended> append_stream(App& app, Caller caller, AppendStream request);
Async<Nothing> end_stream_op(App& app, Caller caller, EndStream request);
Async<Nothing> cancel_stream(App& app, Caller caller, StreamId request);
/// What is missing after `n` (0: a snapshot) follows the ack as events to this connection alone.
Async<Nothing> watch_stream(App& app, Caller caller, WatchStream request);
Async<MessageReply> stream_chunk(App& app, Caller caller, StreamChunk request);
/// A message of type stream_chunk is that form too: content is the chunk, or {chunk | text, stream_end | is_end,
/// chunk_index}.
Async<MessageSent> send_stream_chunk(App& app, Caller caller, SendMessage request);

/// For as long as the io_context runs: ends streams whose lease ran out. One per process.
boost::asio::awaitable<void> sweep_streams(App& app);

}  // namespace aiim
