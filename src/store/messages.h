// Appending messages: the one path by which a message gets its seq and rev.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/db.h"
#include "wire/message.h"

namespace aiim {

constexpr std::int64_t stream_lease_ms = 30'000;

/// A message that wants to be appended. Content has passed core/content_rules.
struct MessageDraft {
  std::string tenant_id;
  std::string conversation_id;
  std::string message_id;
  std::string sender_id;
  MessageType type = MessageType::text;
  RawJson content;
  std::optional<std::string> reply_to;
  std::optional<std::string> client_msg_id;
  std::string request_hash;           // SHA-256 hex over the canonical request; compared on repeats
  std::vector<std::string> mentions;  // user ids as written; non-members and the sender are left out when stored
  bool stream = false;                // starts a stream: status streaming, is_end false, stream_id = message_id
};

struct AppendOutcome {
  enum class Verdict : std::uint8_t {
    appended,
    duplicate,  // the same request came before: `message` is as it is now
    mismatch,   // another request under this client_msg_id
    no_member,  // no such conversation, or the sender is no member now
    bad_reply,  // reply_to is no message of this conversation
  };
  Verdict verdict = Verdict::no_member;
  Message message;    // appended, duplicate
  std::string epoch;  // appended
};

/// The message of a draft that got these numbers.
Message appended_message(const MessageDraft& draft, std::int64_t seq, std::int64_t rev, Time now);

}  // namespace aiim
