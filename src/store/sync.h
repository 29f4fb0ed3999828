// The reply to a sync: pages of the conversations that a client names, and word of the others that changed.
#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "store/changes.h"

namespace aiim {

constexpr std::size_t sync_conversations_max = 500;  // named in a request, or told of in a reply

struct SyncLimits {
  std::size_t bytes = sync_bytes_max;
  std::int64_t changes = changes_page_max;             // of one conversation
  std::int64_t behind = changes_behind_max;            // further behind: a reset
  std::size_t conversations = sync_conversations_max;  // told of beyond those named
};

/// All in the caller's snapshot. Named conversations come in their order: a page each, a stub where there is no more
/// room (then `more`), `removed` where the user is no member. With `since`, others that changed after it come as stubs
/// or `removed`. `now` is the token of this snapshot, and the reply's unless there was more than fits.
Result<SyncReply> read_sync(Db& db, std::string_view tenant_id, std::string_view user_id,
                            std::span<const SyncPosition> named, const std::optional<SyncToken>& since,
                            const SyncToken& now, const SyncLimits& limits = {});

}  // namespace aiim
