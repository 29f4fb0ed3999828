// Appending to open streams: the one path by which an append gets into the store, batched with its neighbours into each
// driver's fastest form. The row in open_streams is what orders appends and the end: who finds it gone comes too late.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/time.h"

namespace aiim {

struct StreamAppend {
  std::string tenant_id;
  std::string user_id;  // who wants to write
  std::string stream_id;
  std::int64_t n = 0;  // 0: the next one
  RawJson ops;         // as encode() wrote them
};

struct StreamAppendOutcome {
  enum class Verdict : std::uint8_t {
    appended,
    repeated,   // n is there already: nothing changed
    gap,        // the next one is n + 1
    too_large,  // the stream would hold more than 512 KiB
    refused,    // ended or about to be (its lease ran out), not the user's, or the user is no member now: why must be
                // read
  };
  Verdict verdict = Verdict::refused;
  std::int64_t n = 0;           // appended: which; repeated and gap: the stream's last
  std::string conversation_id;  // unless refused
};

/// An open stream as one batch has it so far.
struct StreamState {
  std::string conversation_id;
  std::string sender_id;
  std::int64_t n = 0;
  std::int64_t bytes = 0;
  bool open = false;    // its lease has not run out
  bool member = false;  // its sender is
  bool changed = false;
};

/// Decides one append, in the order of the batch, and moves the state where it is appended.
StreamAppendOutcome judge_stream_append(StreamState& state, const StreamAppend& append);

}  // namespace aiim
