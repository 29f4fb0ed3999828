// What a built-in agent must know of its own state: it keeps none outside the store.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"

namespace aiim {

/// Conversations in which the user, a member, has not read the last message; at most `limit`.
Result<std::vector<std::string>> unread_conversations(Db& db, std::string_view tenant_id, std::string_view user_id,
                                                      std::int64_t limit);

/// When an open stream ends unless it is renewed; nothing once it has ended.
Result<std::optional<Time>> lease_of(Db& db, std::string_view tenant_id, std::string_view stream_id);

}  // namespace aiim
