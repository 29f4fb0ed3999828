// The WebSocket events about conversations and members, as finished JSON texts.
#pragma once
#include <string>
#include <vector>

#include "wire/conversation.h"
#include "wire/sync.h"

namespace aiim {

std::string conversation_created(const Conversation& conversation, std::int64_t after);
std::string conversation_updated(const Conversation& conversation, std::int64_t after);
/// To somebody who is no member any more.
std::string conversation_removed(std::string_view conversation_id, std::int64_t rev, std::int64_t after);

enum class MemberEvent : std::uint8_t { joined, left, updated };
std::string member_event(MemberEvent what, std::string_view conversation_id, std::int64_t rev, std::int64_t after,
                         const std::vector<MemberChange>& members);

/// me.updated, to the user's own sessions.
std::string me_updated(std::string_view conversation_id, const OwnState& own);

}  // namespace aiim
