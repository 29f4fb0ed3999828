// Reading and locking. What makes a rev is in conversation_changes.cpp.
#include "store/conversations.h"

#include "store/message_rows.h"
#include "store/streams.h"

namespace aiim {
namespace {

constexpr std::int64_t members_shown_max = 100;

#define CONVERSATION_COLUMNS                                                                                      \
  "conversation_id, type, name, tenant_id, created_at, updated_at, last_seq, rev, own_rev, epoch, member_count, " \
  "min_seq"
#define MEMBER_COLUMNS "user_id, role, joined_at, left_at, joined_rev, rev, delivered_seq, read_seq, muted, pinned"

const Statement select_conversation("select_conversation",
                                    "SELECT " CONVERSATION_COLUMNS
                                    " FROM conversations WHERE tenant_id = $1 AND conversation_id = $2");
// An UPDATE that changes nothing takes the row's lock on both databases.
const Statement lock_conversation("lock_conversation",
                                  "UPDATE conversations SET rev = rev WHERE tenant_id = $1 AND conversation_id = $2 "
                                  "RETURNING " CONVERSATION_COLUMNS);
const Statement update_rev("update_rev",
                           "UPDATE conversations SET rev = rev + 1, updated_at = $3, "
                           "own_rev = CASE WHEN $4 THEN rev + 1 ELSE own_rev END "
                           "WHERE tenant_id = $1 AND conversation_id = $2 RETURNING rev");
const Statement select_member(
    "select_member", "SELECT " MEMBER_COLUMNS
                     " FROM conversation_members WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3");
const Statement select_members(
    "select_members", "SELECT " MEMBER_COLUMNS
                      " FROM conversation_members WHERE tenant_id = $1 AND conversation_id = $2 AND user_id > $3 "
                      "AND left_at IS NULL ORDER BY user_id LIMIT $4");
const Statement select_last_message("select_last_message",
                                    "SELECT " MESSAGE_COLUMNS
                                    " FROM im_messages WHERE tenant_id = $1 AND conversation_id = $2 AND seq = $3");
const Statement count_unread_messages(
    "count_unread_messages",
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM (SELECT sender_id, status, type FROM im_messages "
    "WHERE tenant_id = $1 AND conversation_id = $2 AND seq > $3 ORDER BY seq DESC LIMIT 5000) "
    "AS newest WHERE sender_id <> $4 AND status <> 'recalled' AND type <> 'system' LIMIT 1000) "
    "AS unread");
const Statement count_unread_mentions("count_unread_mentions",
                                      "SELECT COUNT(*) FROM (SELECT 1 AS one FROM mentions WHERE tenant_id = $1 AND "
                                      "conversation_id = $2 AND user_id = $3 AND seq > $4 LIMIT 1000) AS unread");

Result<Membership> judged(Db& db, std::optional<ConversationRow> conversation, std::string_view tenant_id,
                          std::string_view conversation_id, std::string_view user_id) {
  if (!conversation) return Error(ErrorCode::not_found);
  TRY_AS(me, find_member(db, tenant_id, conversation_id, user_id));
  if (!me || !me->present()) return Error(ErrorCode::not_found);
  return Membership{std::move(*conversation), std::move(*me)};
}

Result<std::int64_t> count(Db& db, const Statement& statement, std::initializer_list<Param> params) {
  std::int64_t number = 0;
  TRY(db.run(statement, params, [&](const Row& row) { number = row.integer(0); }));
  return number;
}

}  // namespace

ConversationRow conversation_from(const Row& row, int first) {
  ConversationRow out;
  out.conversation_id = row.string(first);
  out.type = named<ConversationType>(row.text(first + 1)).value_or(ConversationType::group);
  out.name = row.optional_string(first + 2);
  out.tenant_id = row.string(first + 3);
  out.created_at = row.time(first + 4);
  out.updated_at = row.time(first + 5);
  out.last_seq = row.integer(first + 6);
  out.rev = row.integer(first + 7);
  out.own_rev = row.integer(first + 8);
  out.epoch = row.string(first + 9);
  out.member_count = row.integer(first + 10);
  out.min_seq = row.integer(first + 11);
  return out;
}

MemberRow member_from(const Row& row, int first) {
  MemberRow out;
  out.user_id = row.string(first);
  out.role = named<MemberRole>(row.text(first + 1)).value_or(MemberRole::member);
  out.joined_at = row.time(first + 2);
  out.left_at = row.optional_time(first + 3);
  out.joined_rev = row.integer(first + 4);
  out.rev = row.integer(first + 5);
  out.delivered_seq = row.integer(first + 6);
  out.read_seq = row.integer(first + 7);
  out.muted = row.boolean(first + 8);
  out.pinned = row.boolean(first + 9);
  return out;
}

Result<std::optional<ConversationRow>> find_conversation(Db& db, std::string_view tenant_id,
                                                         std::string_view conversation_id) {
  std::optional<ConversationRow> found;
  TRY(db.run(select_conversation, {tenant_id, conversation_id},
             [&](const Row& row) { found = conversation_from(row); }));
  return found;
}

Result<std::optional<MemberRow>> find_member(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                             std::string_view user_id) {
  std::optional<MemberRow> found;
  TRY(db.run(select_member, {tenant_id, conversation_id, user_id}, [&](const Row& row) { found = member_from(row); }));
  return found;
}

Result<std::vector<MemberRow>> list_members(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                            std::string_view after, std::int64_t limit) {
  std::vector<MemberRow> members;
  TRY(db.run(select_members, {tenant_id, conversation_id, after, limit},
             [&](const Row& row) { members.push_back(member_from(row)); }));
  return members;
}

Result<Membership> read_membership(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                   std::string_view user_id) {
  TRY_AS(conversation, find_conversation(db, tenant_id, conversation_id));
  return judged(db, std::move(conversation), tenant_id, conversation_id, user_id);
}

Result<Membership> lock_membership(Tx& tx, std::string_view tenant_id, std::string_view conversation_id,
                                   std::string_view user_id) {
  std::optional<ConversationRow> locked;
  TRY(tx.db.run(lock_conversation, {tenant_id, conversation_id},
                [&](const Row& row) { locked = conversation_from(row); }));
  return judged(tx.db, std::move(locked), tenant_id, conversation_id, user_id);
}

Result<std::int64_t> take_rev(Tx& tx, ConversationRow& row, bool own) {
  TRY(tx.db.run(update_rev, {row.tenant_id, row.conversation_id, tx.now, own},
                [&](const Row& updated) { row.rev = updated.integer(0); }));
  row.updated_at = tx.now;
  if (own) row.own_rev = row.rev;
  return row.rev;
}

MemberView view_of(const MemberRow& row) {
  return {row.user_id, row.role, row.joined_at, row.delivered_seq, row.read_seq};
}

MemberChange change_of(const MemberRow& row) {
  return {row.user_id, row.role, row.joined_at, row.left_at, row.rev, row.delivered_seq, row.read_seq};
}

Result<std::int64_t> count_unread(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                  std::string_view user_id, std::int64_t read_seq) {
  return count(db, count_unread_messages, {tenant_id, conversation_id, read_seq, user_id});
}

Result<std::int64_t> count_mentions(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                    std::string_view user_id, std::int64_t read_seq) {
  return count(db, count_unread_mentions, {tenant_id, conversation_id, user_id, read_seq});
}

Result<OwnState> own_state(Db& db, const ConversationRow& row, const MemberRow& me) {
  OwnState own{me.role, me.muted, me.pinned, me.delivered_seq, me.read_seq, 0, 0};
  if (me.read_seq < row.last_seq) {
    TRY_AS(unread, count_unread(db, row.tenant_id, row.conversation_id, me.user_id, me.read_seq));
    own.unread_count = unread;
    TRY_AS(mentions, count_mentions(db, row.tenant_id, row.conversation_id, me.user_id, me.read_seq));
    own.mention_count = mentions;
  }
  return own;
}

Result<Conversation> view_conversation(Db& db, const ConversationRow& row, const MemberRow* viewer) {
  Conversation view;
  view.conversation_id = row.conversation_id;
  view.type = row.type;
  view.name = row.name;
  view.tenant_id = row.tenant_id;
  view.created_at = row.created_at;
  view.updated_at = row.updated_at;
  view.last_seq = row.last_seq;
  view.rev = row.rev;
  view.epoch = row.epoch;
  view.member_count = row.member_count;
  view.min_seq = row.min_seq;
  if (viewer) {
    TRY_AS(own, own_state(db, row, *viewer));
    view.role = own.role;
    view.unread_count = own.unread_count;
    view.mention_count = own.mention_count;
    view.muted = own.muted;
    view.pinned = own.pinned;
    view.members.push_back(view_of(*viewer));
  }
  TRY_AS(members, list_members(db, row.tenant_id, row.conversation_id, "", members_shown_max));
  for (const MemberRow& member : members) {
    if (static_cast<std::int64_t>(view.members.size()) == members_shown_max) break;
    if (!viewer || member.user_id != viewer->user_id) view.members.push_back(view_of(member));
  }
  if (row.last_seq > 0) {
    TRY(db.run(select_last_message, {row.tenant_id, row.conversation_id, row.last_seq},
               [&](const Row& message) { view.last_message = message_from(message); }));
    if (view.last_message) {
      TRY(show_streaming(db, row.tenant_id, {&*view.last_message, 1}));
    }
  }
  return view;
}

}  // namespace aiim
