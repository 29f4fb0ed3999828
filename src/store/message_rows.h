// How a row of im_messages becomes a Message: one list of columns for every statement that returns messages, and one
// way to change its rev.
#pragma once
#include "store/db.h"
#include "wire/message.h"

#define MESSAGE_COLUMNS                                                                                               \
  "message_id, conversation_id, sender_id, type, content, reply_to, client_msg_id, created_at, seq, rev, edited_at, " \
  "status, stream_id, chunk_index, is_end, reactions"

// What each UPDATE of a message that takes a rev must set: see schema/003.
#define MESSAGE_REV(parameter) "first_rev = COALESCE(first_rev, rev), rev = " parameter

namespace aiim {

/// `row` must have MESSAGE_COLUMNS from column `first` on.
Message message_from(const Row& row, int first = 0);

}  // namespace aiim
