// Frames of the original implementation: flat, their fields beside `type` instead of in `data`. Rewritten into frames
// of ours, so that nothing behind this file knows of them.
//
//   send_msg {conversation_id, content, msg_type, client_msg_id, reply_to}       -> send_message
//   stream_chunk {conversation_id, chunk, stream_end, client_msg_id}             -> stream_chunk
//   delivered {conversation_id, message_id}                                      -> mark_delivered
//   subscribe, unsubscribe {conversation_id}  -> nothing to do: a session follows all its user's conversations.
//   Answered
//                                                {type: "subscribed" | "unsubscribed", conversation_id}
//   pong                                                                         -> nothing
//   call.* with their fields at the top                                          -> call.* with `data`
#pragma once
#include <optional>
#include <string>

#include "net/ws_envelope.h"

namespace aiim {

struct Op;

struct AliasedFrame {
  std::string text;        // the frame in our form; empty: there is nothing to do
  const Op* op = nullptr;  // null: find it by the frame's type
  std::string answer;      // sent on success, instead of an ack; empty: as usual
};

/// Nothing when the frame is not such an alias. What is refused (a missing conversation_id) is an error.
std::optional<Result<AliasedFrame>> rewrite_alias(const Envelope& envelope);

}  // namespace aiim
