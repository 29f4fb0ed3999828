// The WebSocket events of the conversation log, as finished JSON texts.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/message.h"

namespace aiim {

/// {"type":"message.created","data":{conversation_id, rev, after, message}}; the same for message.updated.
std::string message_created(const Message& message, std::int64_t after);
std::string message_updated(const Message& message, std::int64_t after);

/// {"type":"receipt","data":{conversation_id, user_id, delivered_seq, read_seq, timestamp}}
std::string receipt_event(std::string_view conversation_id, std::string_view user_id, std::int64_t delivered_seq,
                          std::int64_t read_seq, Time timestamp);

/// What a user's own sessions are told about a conversation: `me.updated`.
struct OwnUpdate {
  std::string_view conversation_id;
  bool muted = false;
  bool pinned = false;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
  std::int64_t unread_count = 0;
  std::int64_t mention_count = 0;
};
/// {"type":"me.updated","data":{conversation_id, muted, pinned, delivered_seq, read_seq, unread_count, mention_count}}
std::string me_updated(const OwnUpdate& own);

}  // namespace aiim
