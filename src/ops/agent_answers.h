// A built-in agent at work in one conversation: which messages it answers, and how an answer gets written. It uses the
// operations of every bot and keeps nothing of its own: its read cursor says how far it has come, and an answer's
// client_msg_id is made from the message it answers, so that a crash, a restart or a second node neither skips a
// message nor answers it twice.
#pragma once
#include <string>

#include "ai/provider.h"
#include "ops/app.h"

namespace aiim {

struct Agent {
  Caller caller;
  ai::Provider& provider;
};

/// Answers what waits: every message in a direct conversation, mentions and replies in a group, never bots; the newest
/// 20 of a backlog. False: not now, the store or another process is in the way; the caller comes back in some seconds.
boost::asio::awaitable<bool> answer_conversation(App& app, const Agent& agent, std::string conversation_id);

}  // namespace aiim
