// The message as clients see it.
#pragma once
#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"

namespace aiim {

enum class MessageType : std::uint8_t { text, image, file, audio, video, system, ai, stream_chunk };
BOOST_DESCRIBE_ENUM(MessageType, text, image, file, audio, video, system, ai, stream_chunk)

/// `delivered` and `read` only in REST reads by the sender; everything else knows sent, streaming and recalled.
enum class MessageStatus : std::uint8_t { sent, streaming, recalled, delivered, read };
BOOST_DESCRIBE_ENUM(MessageStatus, sent, streaming, recalled, delivered, read)

struct Reaction {
  std::string emoji;
  std::int64_t count = 0;
  std::vector<std::string> user_ids;  // at most 50
};
BOOST_DESCRIBE_STRUCT(Reaction, (), (emoji, count, user_ids))

struct Message {
  std::string message_id;
  std::string conversation_id;
  std::string sender_id;
  MessageType type = MessageType::text;
  RawJson content;
  std::optional<std::string> reply_to;
  std::optional<std::string> client_msg_id;
  Time created_at;
  std::int64_t seq = 0;
  std::int64_t rev = 0;
  std::optional<Time> edited_at;
  MessageStatus status = MessageStatus::sent;
  std::optional<std::string> stream_id;
  std::optional<std::int64_t> chunk_index;
  bool is_end = true;
  std::vector<Reaction> reactions;
};
BOOST_DESCRIBE_STRUCT(Message, (),
                      (message_id, conversation_id, sender_id, type, content, reply_to, client_msg_id, created_at, seq,
                       rev, edited_at, status, stream_id, chunk_index, is_end, reactions))

}  // namespace aiim
