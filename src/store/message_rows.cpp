#include "store/message_rows.h"

namespace aiim {
namespace {

std::vector<Reaction> reactions_from(std::string_view json) {
  thread_local JsonParser parser;
  std::vector<Reaction> reactions;
  if (auto element = parser.parse(json)) {
    if (!decode_into(type_of<std::vector<Reaction>>(), &reactions, *element)) reactions.clear();
  }
  return reactions;
}

}  // namespace

Message message_from(const Row& row, int first) {
  Message message;
  message.message_id = row.string(first);
  message.conversation_id = row.string(first + 1);
  message.sender_id = row.string(first + 2);
  message.type = named<MessageType>(row.text(first + 3)).value_or(MessageType::system);
  message.content.text = row.string(first + 4);
  message.reply_to = row.optional_string(first + 5);
  message.client_msg_id = row.optional_string(first + 6);
  message.created_at = row.time(first + 7);
  message.seq = row.integer(first + 8);
  message.rev = row.integer(first + 9);
  message.edited_at = row.optional_time(first + 10);
  message.status = named<MessageStatus>(row.text(first + 11)).value_or(MessageStatus::sent);
  message.stream_id = row.optional_string(first + 12);
  message.chunk_index = row.optional_integer(first + 13);
  message.is_end = row.boolean(first + 14);
  if (!row.is_null(first + 15)) message.reactions = reactions_from(row.text(first + 15));
  return message;
}

}  // namespace aiim
