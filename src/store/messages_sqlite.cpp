// Appending on SQLite. The writer is alone, so what one batch has read of a conversation stays true until its end:
// counters are kept in memory, and each conversation's row is written once per batch.
#include <unordered_map>

#include "base/log.h"
#include "store/message_rows.h"
#include "store/messages.h"
#include "store/sqlite.h"

namespace aiim {
namespace {

const Statement judge_sender(
    "append.judge.sqlite",
    "SELECT c.last_seq, c.rev, c.epoch FROM conversation_members m JOIN conversations c "
    "ON c.tenant_id = m.tenant_id AND c.conversation_id = m.conversation_id "
    "WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.user_id = $3 AND m.left_at IS NULL",
    DbKind::sqlite);
const Statement insert_message(
    "append.insert.sqlite",
    "INSERT INTO im_messages (message_id, conversation_id, sender_id, type, content, reply_to, client_msg_id, "
    "request_hash, created_at, seq, rev, status, tenant_id, stream_id, chunk_index, is_end) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
    DbKind::sqlite);
const Statement bump_conversation("append.bump.sqlite",
                                  "UPDATE conversations SET last_seq = $3, rev = $4, updated_at = $5 "
                                  "WHERE tenant_id = $1 AND conversation_id = $2",
                                  DbKind::sqlite);
const Statement select_repeated("append.repeated.sqlite",
                                "SELECT request_hash, " MESSAGE_COLUMNS
                                " FROM im_messages WHERE tenant_id = $1 AND conversation_id = $2 AND seq = $3 "
                                "AND sender_id = $4 AND client_msg_id = $5",
                                DbKind::sqlite);
const Statement select_reply("append.reply.sqlite",
                             "SELECT 1 FROM im_messages WHERE tenant_id = $1 AND message_id = $3 "
                             "AND conversation_id = $2",
                             DbKind::sqlite);
const Statement insert_mention("append.mention.sqlite",
                               "INSERT INTO mentions (tenant_id, conversation_id, user_id, seq) "
                               "SELECT tenant_id, conversation_id, user_id, $4 FROM conversation_members "
                               "WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3 AND left_at IS NULL "
                               "ON CONFLICT DO NOTHING",
                               DbKind::sqlite);
const Statement insert_open_stream("append.open_stream.sqlite",
                                   "INSERT INTO open_streams (tenant_id, stream_id, conversation_id, sender_id, "
                                   "lease_until) VALUES ($1, $2, $3, $4, $5)",
                                   DbKind::sqlite);

struct Conversation {
  std::int64_t last_seq = 0;
  std::int64_t rev = 0;
  std::string epoch;
  std::uint32_t key_prefix = 0;
  const MessageDraft* last = nullptr;  // the last draft appended here
};

// One batch; lives for one call.
class Append {
 public:
  Append(SqliteDb& db, Time now) : db_(db), keys_(db.client_keys()), now_(now) {}

  Result<> one(const MessageDraft& draft, AppendOutcome& outcome) {
    using enum AppendOutcome::Verdict;
    TRY_AS(conversation, conversation_of(draft));
    if (!conversation) {
      outcome.verdict = no_member;
      return {};
    }
    SqliteClientKeys::Key key;
    if (draft.client_msg_id) {
      key = SqliteClientKeys::key_of(conversation->key_prefix, draft.sender_id, *draft.client_msg_id);
      TRY_AS(known, repeated(draft, key, outcome));
      if (known) return {};
    }
    if (draft.reply_to) {
      TRY_AS(replies, db_.run(select_reply, {draft.tenant_id, draft.conversation_id, *draft.reply_to}));
      if (replies == 0) {
        outcome.verdict = bad_reply;
        return {};
      }
    }
    auto message = appended_message(draft, conversation->last_seq + 1, conversation->rev + 1, now_);
    TRY_AS(inserted, insert(draft, message));
    if (inserted == 0) {
      log_error("append_failed", {{"error", "a message id or seq is taken"}, {"message_id", draft.message_id}});
      return Error(ErrorCode::internal);
    }
    if (draft.client_msg_id) {
      TRY(keys_.add(key, message.seq));
    }
    ++conversation->last_seq;
    ++conversation->rev;
    conversation->last = &draft;
    TRY(insert_attached(draft, message));
    outcome.verdict = appended;
    outcome.message = std::move(message);
    outcome.epoch = conversation->epoch;
    return {};
  }

  Result<> finish() {
    for (auto& [key, conversation] : conversations_) {
      if (!conversation.last) continue;
      TRY(db_.run(bump_conversation, {conversation.last->tenant_id, conversation.last->conversation_id,
                                      conversation.last_seq, conversation.rev, now_}));
    }
    return keys_.settle();
  }

 private:
  // Null when the sender is no member.
  Result<Conversation*> conversation_of(const MessageDraft& draft) {
    key_.assign(draft.tenant_id).append(1, '\0').append(draft.conversation_id);
    auto length = key_.size();
    key_.append(1, '\0').append(draft.sender_id);
    auto [sender, unknown] = senders_.try_emplace(key_, nullptr);
    if (!unknown) return sender->second;
    key_.resize(length);
    TRY(db_.run(judge_sender, {draft.tenant_id, draft.conversation_id, draft.sender_id}, [&](const Row& row) {
      auto [at, first] = conversations_.try_emplace(key_);
      if (first) {
        auto prefix = SqliteClientKeys::prefix_of(draft.tenant_id, draft.conversation_id);
        at->second = {row.integer(0), row.integer(1), row.string(2), prefix, nullptr};
      }
      sender->second = &at->second;
    }));
    return sender->second;
  }

  Result<std::int64_t> insert(const MessageDraft& draft, const Message& message) {
    return db_.run(insert_message,
                   {draft.message_id, draft.conversation_id, draft.sender_id, name_of(message.type), draft.content,
                    draft.reply_to, draft.client_msg_id,
                    draft.client_msg_id ? Param(draft.request_hash) : Param(nullptr), now_, message.seq, message.rev,
                    name_of(message.status), draft.tenant_id, message.stream_id, message.chunk_index, message.is_end});
  }

  // True when the draft's client id was used before; then the outcome is complete.
  Result<bool> repeated(const MessageDraft& draft, const SqliteClientKeys::Key& key, AppendOutcome& outcome) {
    using enum AppendOutcome::Verdict;
    TRY_AS(seq, keys_.find(key));
    if (!seq) return false;
    TRY_AS(found, db_.run(select_repeated,
                          {draft.tenant_id, draft.conversation_id, *seq, draft.sender_id, *draft.client_msg_id},
                          [&](const Row& row) {
                            outcome.verdict = row.text(0) == draft.request_hash ? duplicate : mismatch;
                            if (outcome.verdict == duplicate) outcome.message = message_from(row, 1);
                          }));
    return found > 0;
  }

  Result<> insert_attached(const MessageDraft& draft, const Message& message) {
    for (auto& user : draft.mentions) {
      if (user == draft.sender_id) continue;
      TRY(db_.run(insert_mention, {draft.tenant_id, draft.conversation_id, user, message.seq}));
    }
    if (draft.stream) {
      TRY(db_.run(insert_open_stream,
                  {draft.tenant_id, draft.message_id, draft.conversation_id, draft.sender_id, now_ + stream_lease_ms}));
    }
    return {};
  }

  SqliteDb& db_;
  SqliteClientKeys& keys_;
  Time now_;
  std::string key_;
  std::unordered_map<std::string, Conversation> conversations_;  // by tenant and conversation; nodes do not move
  std::unordered_map<std::string, Conversation*> senders_;       // … and sender; null: no member
};

}  // namespace

Result<> SqliteDb::append_messages(std::span<const MessageDraft* const> drafts, std::span<AppendOutcome> outcomes,
                                   Time now) {
  TRY(client_keys_.open());
  Append append(*this, now);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    TRY(append.one(*drafts[i], outcomes[i]));
  }
  return append.finish();
}

}  // namespace aiim
