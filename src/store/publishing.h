// The events of the batched kinds of job: what a finished append or cursor step tells whom.
#pragma once
#include "core/event.h"
#include "store/messages.h"
#include "store/receipts.h"
#include "store/stream_appends.h"

namespace aiim {

/// Above this many members a receipt goes to the reader's own sessions alone.
inline constexpr std::int64_t receipt_members_max = 100;

void publish_appended(EventBatch& events, const MessageDraft& draft, const AppendOutcome& outcome);
void publish_advanced(EventBatch& events, const CursorStep& step, const CursorOutcome& outcome, Time now);
void publish_stream_append(EventBatch& events, const StreamAppend& append, const StreamAppendOutcome& outcome);

}  // namespace aiim
