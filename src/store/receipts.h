// Cursors: how far each member has received and read. Forward only; a read message is delivered too.
#pragma once
#include <optional>
#include <string>

#include "store/db.h"

namespace aiim {

struct CursorStep {
  std::string tenant_id;
  std::string conversation_id;
  std::string user_id;
  std::optional<std::int64_t> seq;  // one of the two
  std::optional<std::string> message_id;
  bool read = false;  // else delivered
};

struct CursorOutcome {
  enum class Verdict : std::uint8_t { moved, unmoved, no_member, no_message, beyond_last };
  Verdict verdict = Verdict::no_member;
  // moved and unmoved: the cursors after the step, and what the events need.
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
  std::int64_t member_count = 0;
  bool muted = false;
  bool pinned = false;
  std::int64_t unread_count = 0;   // only when `read` and moved
  std::int64_t mention_count = 0;  // the same
};

}  // namespace aiim
