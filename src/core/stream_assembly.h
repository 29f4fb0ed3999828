// How the pieces of a stream become content. Pure.
#pragma once
#include <span>

#include "base/result.h"
#include "wire/stream.h"

namespace aiim {

constexpr std::size_t stream_bytes_max = 512 * 1024;
constexpr std::size_t stream_ops_max = 100;  // in one append

/// Each op must have the fields of its kind and nothing empty; at most 100.
Result<> check_stream_ops(std::span<const StreamOp> ops);
/// Appends `more` to `ops`; neighbours that are text, or reasoning, become one.
void join_stream_ops(std::vector<StreamOp>& ops, std::span<const StreamOp> more);
/// Adds pieces to content: text grows, neighbours of one kind grow together, `status` is shown live only.
void add_stream_ops(StreamContent& content, std::span<const StreamOp> ops);

}  // namespace aiim
