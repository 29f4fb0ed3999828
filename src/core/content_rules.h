// What a message may contain, by type. Pure.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/message.h"
#include "wire/user.h"

namespace aiim {

struct AcceptedContent {
  RawJson content;                    // as stored: canonical; a bare string has become {"text": …}
  std::vector<std::string> mentions;  // user ids, without repeats
  std::optional<std::string> media_id;
};

/// Checks `content` (any JSON) for a message of `type` from a `sender`. text and ai: {text, mentions?}, not empty;
/// image, file: {url | media_id, …}; audio, video: {media_id, duration, file_size}; URLs are http(s); unknown keys are
/// kept. `system` and `stream_chunk` are not for clients to send; `ai` only for bots.
Result<AcceptedContent> accept_content(MessageType type, const RawJson& content, UserKind sender);

/// {"text": …}, from which the last stream append or a bot's plain reply is made.
RawJson text_content(std::string_view text);

}  // namespace aiim
