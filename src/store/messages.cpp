#include "store/messages.h"

namespace aiim {

Message appended_message(const MessageDraft& draft, std::int64_t seq, std::int64_t rev, Time now) {
  Message message;
  message.message_id = draft.message_id;
  message.conversation_id = draft.conversation_id;
  message.sender_id = draft.sender_id;
  message.type = draft.type;
  message.content = draft.content;
  message.reply_to = draft.reply_to;
  message.client_msg_id = draft.client_msg_id;
  message.created_at = now;
  message.seq = seq;
  message.rev = rev;
  if (draft.stream) {
    message.status = MessageStatus::streaming;
    message.stream_id = draft.message_id;
    message.chunk_index = 0;
    message.is_end = false;
  }
  return message;
}

}  // namespace aiim
