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

}  // namespace aiim
