#include "store/stream_appends.h"

#include "core/stream_assembly.h"

namespace aiim {

StreamAppendOutcome judge_stream_append(StreamState& state, const StreamAppend& append) {
  using enum StreamAppendOutcome::Verdict;
  if (!state.open || !state.member || state.sender_id != append.user_id) return {};
  StreamAppendOutcome outcome{appended, state.n, state.conversation_id};
  const auto bytes = static_cast<std::int64_t>(append.ops.text.size());
  if (append.n != 0 && append.n <= state.n) {
    outcome.verdict = repeated;
  } else if (append.n > state.n + 1) {
    outcome.verdict = gap;
  } else if (state.bytes + bytes > static_cast<std::int64_t>(stream_bytes_max)) {
    outcome.verdict = too_large;
  } else {
    state.bytes += bytes;
    state.changed = true;
    outcome.n = ++state.n;
  }
  return outcome;
}

}  // namespace aiim
