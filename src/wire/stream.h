// Streams: messages that are written piece by piece while everybody watches.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"

namespace aiim {

enum class StreamOpKind : std::uint8_t { text, reasoning, tool_call, tool_result, status };
BOOST_DESCRIBE_ENUM(StreamOpKind, text, reasoning, tool_call, tool_result, status)

/// One piece: text and reasoning carry `delta`; tool_call {call_id, name, arguments}; tool_result {call_id, result,
/// is_error}; status {text}.
struct StreamOp {
  StreamOpKind op = StreamOpKind::text;
  Omit<std::string> delta;
  Omit<std::string> call_id;
  Omit<std::string> name;
  Omit<RawJson> arguments;
  Omit<RawJson> result;
  Omit<bool> is_error;
  Omit<std::string> text;
};
BOOST_DESCRIBE_STRUCT(StreamOp, (), (op, delta, call_id, name, arguments, result, is_error, text))

/// How a stream ended.
enum class StreamOutcome : std::uint8_t { complete, error, cancelled, interrupted };
BOOST_DESCRIBE_ENUM(StreamOutcome, complete, error, cancelled, interrupted)

/// A consecutive piece of a finished stream's content, where it is more than text.
struct StreamPart {
  StreamOpKind type = StreamOpKind::text;
  Omit<std::string> text;
  Omit<std::string> call_id;
  Omit<std::string> name;
  Omit<RawJson> arguments;
  Omit<RawJson> result;
  Omit<bool> is_error;
};
BOOST_DESCRIBE_STRUCT(StreamPart, (), (type, text, call_id, name, arguments, result, is_error))

struct StreamContent {
  std::string text;                     // all text pieces
  Omit<std::vector<StreamPart>> parts;  // in order, when there is more than text
  Omit<std::string> model;
  Omit<RawJson> usage;
  Omit<std::string> finish_reason;
  Omit<StreamOutcome> outcome;  // absent while the stream is open
};
BOOST_DESCRIBE_STRUCT(StreamContent, (), (text, parts, model, usage, finish_reason, outcome))

/// stream.delta: apply at position from - 1. stream.snapshot: everything up to n.
std::string stream_delta(std::string_view conversation_id, std::string_view stream_id, std::int64_t from,
                         std::int64_t n, std::string_view ops_json);
std::string stream_snapshot(std::string_view conversation_id, std::string_view stream_id, std::int64_t n,
                            std::string_view content_json);

}  // namespace aiim
