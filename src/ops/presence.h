// Who types, who is there.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "ops/app.h"
#include "wire/presence.h"

namespace aiim {

class Bus;
class Db;
class PresenceBoard;

struct SayTyping {
  std::string conversation_id;
  TypingState state = TypingState::start;
};
BOOST_DESCRIBE_STRUCT(SayTyping, (), (conversation_id, state))
Async<Nothing> typing(App& app, Caller caller, SayTyping request);

struct WatchPresence {
  std::vector<std::string> user_ids;  // at most 500
};
BOOST_DESCRIBE_STRUCT(WatchPresence, (), (user_ids))
struct PresenceReply {
  std::vector<Presence> presence;  // in order of user_id
};
BOOST_DESCRIBE_STRUCT(PresenceReply, (), (presence))
Async<PresenceReply> watch_presence(App& app, Caller caller, WatchPresence request);

enum class OwnPresence : std::uint8_t { online, away };
BOOST_DESCRIBE_ENUM(OwnPresence, online, away)
struct SetPresence {
  OwnPresence state = OwnPresence::online;
};
BOOST_DESCRIBE_STRUCT(SetPresence, (), (state))
/// Of this session: the user is away when all sessions are, by this or by idleness. Lasts until it is taken back.
Async<Nothing> set_presence(App& app, Caller caller, SetPresence request);

/// Tells of those whose grace is over and keeps when they were last seen. Runs until cancelled, on one worker.
boost::asio::awaitable<void> sweep_presence(App& app, Bus& bus, PresenceBoard& board);
/// At the process's end: everybody who is there was seen now.
Result<> keep_last_seen(Db& db, const PresenceBoard& board, Time now);

}  // namespace aiim
