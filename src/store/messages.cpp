// Rows to messages, for both drivers.
#include "store/messages.h"

namespace aiim {
namespace {

constexpr std::size_t ids_per_query = 50;

// One emoji of one message is one group; `place` numbers its users from the earliest on.
const Statement select_reactions(
    "reactions.of_messages",
    "SELECT message_id, emoji, user_id, uses FROM ("
    "SELECT message_id, emoji, user_id, created_at, "
    "COUNT(*) OVER (PARTITION BY message_id, emoji) AS uses, "
    "MIN(created_at) OVER (PARTITION BY message_id, emoji) AS first_use, "
    "ROW_NUMBER() OVER (PARTITION BY message_id, emoji ORDER BY created_at, user_id) AS place "
    "FROM reactions WHERE tenant_id = $1 AND message_id IN ("
    "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, "
    "$26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, "
    "$48, $49, $50, $51)) AS used WHERE place <= 50 ORDER BY message_id, first_use, emoji, place");

Result<> load_some(Db& db, std::string_view tenant_id, std::span<Message> messages) {
  std::vector<Param> params = {tenant_id};
  for (std::size_t i = 0; i < ids_per_query; ++i) {
    params.emplace_back(messages[std::min(i, messages.size() - 1)].message_id);
  }
  Message* of = nullptr;
  TRY(db.run(select_reactions, params, [&](const Row& row) {
    if (!of || of->message_id != row.text(0)) {
      for (auto& message : messages) {
        if (message.message_id == row.text(0)) of = &message;
      }
    }
    auto& all = of->reactions;
    if (all.empty() || all.back().emoji != row.text(1)) all.push_back({row.string(1), row.integer(3), {}});
    all.back().user_ids.push_back(row.string(2));
  }));
  return {};
}

}  // namespace

Message read_message(const Row& row, int first) {
  Message message;
  message.message_id = row.string(first);
  message.conversation_id = row.string(first + 1);
  message.sender_id = row.string(first + 2);
  message.type = named<MessageType>(row.text(first + 3)).value_or(MessageType::text);
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
  return message;
}

Result<> load_reactions(Db& db, std::string_view tenant_id, std::span<Message> messages) {
  while (!messages.empty()) {
    auto some = messages.first(std::min(messages.size(), ids_per_query));
    TRY(load_some(db, tenant_id, some));
    messages = messages.subspan(some.size());
  }
  return {};
}

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
