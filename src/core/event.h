// What the store publishes after a commit and the hubs forward: a hint with the finished JSON text of a WebSocket
// event, and what a hub must know to keep order (rev, after) and subscriptions (joined, left). The store is the truth.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace aiim {

struct Event {
  enum class Kind : std::uint8_t {
    durable,    // to the followers of a conversation, in rev order, chained by `after`
    receipt,    // to the followers, latest per user within 200 ms
    personal,   // to all sessions of `user_id`: me.updated, own receipts
    joined,     // to `user_id`, who became a member at `rev`: frame is conversation.created. The hub starts to follow
    ephemeral,  // to the followers, or with no conversation_id to the sessions of `user_id`: typing, presence, deltas,
                // call signals; dropped first for slow ones
    delta,      // to the followers: append `n` of `stream_id`. The hub joins appends and makes the frames
    revoked,    // `user_id`'s credentials changed: re-check and close what is no longer allowed
    typing,    // `user_id` types in the conversation (rev 1), or stopped (rev 0); without a frame: hubs decide whom and
               // how often to tell
    presence,  // `user_id` is in another PresenceState (rev), the seq-th change of anybody: to sessions that watch
  };
  Kind kind = Kind::durable;
  std::string tenant_id;
  std::string conversation_id;  // empty for revoked
  std::string user_id;          // personal, joined, revoked: whose topic; receipt: the reader; ephemeral, typing: who
                                // caused it; presence: who
  Time at;                      // presence: when they were last seen
  std::string session_id;       // typing: where it came from, and is not told
  std::string epoch;            // durable, joined
  std::int64_t rev = 0;         // durable, joined
  std::int64_t after = 0;       // durable: the position a session must have reached
  std::int64_t seq = 0;         // durable: the message's seq when this is message.created, else 0; joined: the
                         // conversation's last; receipt: delivered_seq + read_seq (an older one is dropped), or 0
  std::string frame;      // JSON text of the WebSocket event; delta: the append's ops, a JSON array
  std::string stream_id;  // delta: whose; durable: the stream that has ended with this, if any
  std::int64_t n = 0;     // delta: which append
  // A durable event that changes members. `joined` get no frame from it (their `joined` event brings
  // conversation.created); `left` get `frame_left` (conversation.removed) instead of `frame` and are followers no more.
  std::vector<std::string> joined;
  std::vector<std::string> left;
  std::string frame_left;
};

using EventBatch = std::vector<std::shared_ptr<const Event>>;  // shared: every interested worker reads the same events

/// The topic an event belongs to: "c/<tenant>/<conversation>", "u/<tenant>/<user>", or for presence
/// "p/<tenant>/<user>".
std::string conversation_topic(std::string_view tenant_id, std::string_view conversation_id);
std::string user_topic(std::string_view tenant_id, std::string_view user_id);
std::string presence_topic(std::string_view tenant_id, std::string_view user_id);
std::string topic_of(const Event& event);

}  // namespace aiim
