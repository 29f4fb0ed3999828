// Who is there, and who types. Ephemeral: told to sessions, never to the log.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/codec.h"

namespace aiim {

/// `away`: connected, but every session says, or seems, that nobody is looking.
enum class PresenceState : std::uint8_t { online, away, offline };
BOOST_DESCRIBE_ENUM(PresenceState, online, away, offline)

struct Presence {
  std::string user_id;
  PresenceState state = PresenceState::offline;
  std::optional<Time> last_seen;  // null where it is not known, or not for the asker to know
};
BOOST_DESCRIBE_STRUCT(Presence, (), (user_id, state, last_seen))

enum class TypingState : std::uint8_t { start, stop };
BOOST_DESCRIBE_ENUM(TypingState, start, stop)

/// {"type":"presence","data":{user_id, state, last_seen}}
std::string presence_event(const Presence& presence);
/// {"type":"typing","data":{conversation_id, user_id, state}}
std::string typing_event(std::string_view conversation_id, std::string_view user_id, TypingState state);

}  // namespace aiim
