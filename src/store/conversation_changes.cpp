// What makes a rev of a conversation besides messages: creation, names, members. Each request makes one rev and one
// event.
#include <algorithm>

#include "base/crypto.h"
#include "core/access.h"
#include "store/conversations.h"
#include "store/streams.h"
#include "store/users.h"
#include "wire/member_events.h"

namespace aiim {
namespace {

const Statement select_direct("select_direct",
                              "SELECT conversation_id FROM conversations WHERE tenant_id = $1 AND direct_key = $2");
const Statement insert_conversation(
    "insert_conversation",
    "INSERT INTO conversations (conversation_id, type, name, tenant_id, created_at, updated_at, "
    "rev, own_rev, epoch, member_count, direct_key) VALUES ($1, $2, $3, $4, $5, $5, 1, 1, $6, $7, $8) "
    "ON CONFLICT DO NOTHING");
const Statement upsert_member(
    "upsert_member",
    "INSERT INTO conversation_members (tenant_id, conversation_id, user_id, role, joined_at, joined_rev, rev, "
    "membership_rev, own_updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $5) "
    "ON CONFLICT (tenant_id, conversation_id, user_id) DO UPDATE SET role = excluded.role, "
    "joined_at = excluded.joined_at, left_at = NULL, joined_rev = excluded.joined_rev, rev = excluded.rev, "
    "membership_rev = excluded.membership_rev, own_updated_at = excluded.own_updated_at");
const Statement bump_membership_rev(
    "bump_membership_rev",
    "UPDATE users SET membership_rev = membership_rev + 1 WHERE tenant_id = $1 AND user_id = $2 "
    "RETURNING membership_rev");
const Statement update_member_count("update_member_count",
                                    "UPDATE conversations SET member_count = member_count + $3 "
                                    "WHERE tenant_id = $1 AND conversation_id = $2");
const Statement update_name("update_name",
                            "UPDATE conversations SET name = $3 WHERE tenant_id = $1 AND conversation_id = $2");
const Statement update_own_flags("update_own_flags",
                                 "UPDATE conversation_members SET muted = $4, pinned = $5, own_updated_at = $6 "
                                 "WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3");
const Statement update_role("update_role",
                            "UPDATE conversation_members SET role = $4, rev = $5 "
                            "WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3");
const Statement update_left(
    "update_left",
    "UPDATE conversation_members SET left_at = $4, rev = $5, membership_rev = $6, own_updated_at = $4 "
    "WHERE tenant_id = $1 AND conversation_id = $2 AND user_id = $3");
// The one who follows the last owner: the oldest admin, else the oldest member.
const Statement select_heir(
    "select_heir",
    "SELECT user_id, role FROM conversation_members WHERE tenant_id = $1 AND conversation_id = $2 AND "
    "left_at IS NULL AND user_id <> $3 ORDER BY CASE role WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END, "
    "joined_at, user_id LIMIT 1");

/// Inserts or revives a member row in a conversation at `rev`.
Result<> put_member(Tx& tx, const ConversationRow& row, std::string_view user_id, MemberRole role) {
  std::int64_t membership_rev = 0;
  TRY(tx.db.run(bump_membership_rev, {row.tenant_id, user_id}, [&](const Row& r) { membership_rev = r.integer(0); }));
  TRY(tx.db.run(upsert_member,
                {row.tenant_id, row.conversation_id, user_id, name_of(role), tx.now, row.rev, membership_rev}));
  return {};
}

Event conversation_event(Event::Kind kind, const ConversationRow& row) {
  Event event;
  event.kind = kind;
  event.tenant_id = row.tenant_id;
  event.conversation_id = row.conversation_id;
  event.epoch = row.epoch;
  event.rev = row.rev;
  event.after = row.rev - 1;
  return event;
}

Result<> publish_joined(Tx& tx, const ConversationRow& row, const std::vector<std::string>& user_ids) {
  TRY_AS(view, view_conversation(tx.db, row, nullptr));
  std::string frame = conversation_created(view, row.rev - 1);
  for (const std::string& user_id : user_ids) {
    Event event = conversation_event(Event::Kind::joined, row);
    event.user_id = user_id;
    event.seq = row.last_seq;
    event.frame = frame;
    tx.publish(std::move(event));
  }
  return {};
}

Result<Conversation> viewed(Tx& tx, std::string_view tenant_id, std::string_view conversation_id,
                            std::string_view user_id) {
  TRY_AS(membership, read_membership(tx.db, tenant_id, conversation_id, user_id));
  return view_conversation(tx.db, membership.conversation, &membership.me);
}

Result<std::optional<std::string>> find_direct(Tx& tx, std::string_view tenant_id, std::string_view key) {
  std::optional<std::string> found;
  TRY(tx.db.run(select_direct, {tenant_id, key}, [&](const Row& row) { found = row.string(0); }));
  return found;
}

/// One role change inside `row`'s present rev.
Result<> put_role(Tx& tx, const ConversationRow& row, std::string_view user_id, MemberRole role) {
  TRY(tx.db.run(update_role, {row.tenant_id, row.conversation_id, user_id, name_of(role), row.rev}));
  return {};
}

/// Who would own the group without `user_id`: an owner, or somebody to promote.
struct Heir {
  std::string user_id;
  bool owns_already = false;
};
Result<std::optional<Heir>> find_heir(Tx& tx, const ConversationRow& row, std::string_view user_id) {
  std::optional<Heir> heir;
  TRY(tx.db.run(select_heir, {row.tenant_id, row.conversation_id, user_id}, [&](const Row& r) {
    heir = Heir{r.string(0), r.text(1) == "owner"};
  }));
  return heir;
}

Result<MemberRow> member_now(Tx& tx, const ConversationRow& row, std::string_view user_id) {
  TRY_AS(member, find_member(tx.db, row.tenant_id, row.conversation_id, user_id));
  if (!member) return Error(ErrorCode::not_found);
  return std::move(*member);
}

Result<> group_only(const ConversationRow& row) {
  if (row.type == ConversationType::group) return {};
  return Error(ErrorCode::conflict, "members and name of a direct conversation never change");
}

}  // namespace

Result<Conversation> create_conversation(Tx& tx, const NewConversation& wanted) {
  std::vector<std::string> everybody{wanted.creator_id};
  everybody.insert(everybody.end(), wanted.member_ids.begin(), wanted.member_ids.end());
  std::optional<std::string> direct_key;
  if (wanted.type == ConversationType::direct) {
    direct_key = std::min(everybody[0], everybody[1]) + " " + std::max(everybody[0], everybody[1]);
    TRY_AS(found, find_direct(tx, wanted.tenant_id, *direct_key));
    if (found) return viewed(tx, wanted.tenant_id, *found, wanted.creator_id);
  }
  for (const std::string& user_id : everybody) {
    TRY(ensure_user(tx, wanted.tenant_id, user_id));
  }
  ConversationRow row;
  row.conversation_id = wanted.conversation_id;
  row.type = wanted.type;
  row.name = wanted.name;
  row.tenant_id = wanted.tenant_id;
  row.created_at = row.updated_at = tx.now;
  row.rev = row.own_rev = 1;
  row.epoch = random_token(6);
  row.member_count = static_cast<std::int64_t>(everybody.size());
  TRY_AS(inserted, tx.db.run(insert_conversation, {row.conversation_id, name_of(row.type), row.name, row.tenant_id,
                                                   tx.now, row.epoch, row.member_count, direct_key}));
  if (inserted == 0) {  // another node created the pair's conversation at the same moment
    TRY_AS(found, find_direct(tx, wanted.tenant_id, direct_key.value_or("")));
    if (found) return viewed(tx, wanted.tenant_id, *found, wanted.creator_id);
    return Error(ErrorCode::conflict, "the conversation could not be created");
  }
  for (const std::string& user_id : everybody) {
    bool owns = wanted.type == ConversationType::group && user_id == wanted.creator_id;
    TRY(put_member(tx, row, user_id, owns ? MemberRole::owner : MemberRole::member));
  }
  TRY(publish_joined(tx, row, everybody));
  return viewed(tx, wanted.tenant_id, row.conversation_id, wanted.creator_id);
}

Result<> rename_conversation(Tx& tx, Membership& membership, std::string_view name) {
  ConversationRow& row = membership.conversation;
  TRY(group_only(row));
  if (!manages(membership.me.role)) return Error(ErrorCode::forbidden, "only owners and admins change the name");
  if (row.name == name) return {};
  TRY(tx.db.run(update_name, {row.tenant_id, row.conversation_id, name}));
  row.name = name;
  TRY(take_rev(tx, row, true));
  TRY_AS(view, view_conversation(tx.db, row, nullptr));
  Event event = conversation_event(Event::Kind::durable, row);
  event.frame = conversation_updated(view, event.after);
  tx.publish(std::move(event));
  return {};
}

Result<> set_own_flags(Tx& tx, Membership& membership, std::optional<bool> muted, std::optional<bool> pinned) {
  MemberRow& me = membership.me;
  const ConversationRow& row = membership.conversation;
  bool changed = (muted && *muted != me.muted) || (pinned && *pinned != me.pinned);
  if (!changed) return {};
  me.muted = muted.value_or(me.muted);
  me.pinned = pinned.value_or(me.pinned);
  TRY(tx.db.run(update_own_flags, {row.tenant_id, row.conversation_id, me.user_id, me.muted, me.pinned, tx.now}));
  TRY_AS(own, own_state(tx.db, row, me));
  Event event = conversation_event(Event::Kind::personal, row);
  event.user_id = me.user_id;
  event.frame = me_updated(row.conversation_id, own);
  tx.publish(std::move(event));
  return {};
}

Result<> add_members(Tx& tx, Membership& actor, const std::vector<std::string>& user_ids, MemberRole role,
                     std::int64_t members_max) {
  ConversationRow& row = actor.conversation;
  TRY(group_only(row));
  if (!may_grant(actor.me.role, role))
    return Error(ErrorCode::forbidden, "only owners and admins add members, up to their own role");
  std::vector<std::string> fresh;
  for (const std::string& user_id : user_ids) {
    TRY_AS(member, find_member(tx.db, row.tenant_id, row.conversation_id, user_id));
    if (!member || !member->present()) fresh.push_back(user_id);
  }
  if (fresh.empty()) return {};
  if (row.member_count + static_cast<std::int64_t>(fresh.size()) > members_max) {
    return Error(ErrorCode::conflict, "a group has at most " + std::to_string(members_max) + " members");
  }
  TRY(take_rev(tx, row));
  std::vector<MemberChange> changes;
  for (const std::string& user_id : fresh) {
    TRY(ensure_user(tx, row.tenant_id, user_id));
    TRY(put_member(tx, row, user_id, role));
    TRY_AS(member, member_now(tx, row, user_id));
    changes.push_back(change_of(member));
  }
  auto more = static_cast<std::int64_t>(fresh.size());
  TRY(tx.db.run(update_member_count, {row.tenant_id, row.conversation_id, more}));
  row.member_count += more;
  Event event = conversation_event(Event::Kind::durable, row);
  event.frame = member_event(MemberEvent::joined, row.conversation_id, row.rev, event.after, changes);
  event.joined = fresh;
  tx.publish(std::move(event));
  return publish_joined(tx, row, fresh);
}

Result<> remove_member(Tx& tx, Membership& actor, std::string_view user_id) {
  ConversationRow& row = actor.conversation;
  TRY(group_only(row));
  TRY_AS(target, find_member(tx.db, row.tenant_id, row.conversation_id, user_id));
  if (!target || !target->present()) return Error(ErrorCode::not_found);
  if (target->user_id != actor.me.user_id && !may_govern(actor.me.role, target->role)) {
    return Error(ErrorCode::forbidden, "only owners and admins remove members below their own role");
  }
  std::optional<Heir> heir;
  if (target->role == MemberRole::owner) {
    TRY_AS(found, find_heir(tx, row, user_id));
    heir = std::move(found);
  }
  TRY(take_rev(tx, row));
  std::int64_t membership_rev = 0;
  TRY(tx.db.run(bump_membership_rev, {row.tenant_id, user_id}, [&](const Row& r) { membership_rev = r.integer(0); }));
  TRY(tx.db.run(update_left, {row.tenant_id, row.conversation_id, user_id, tx.now, row.rev, membership_rev}));
  TRY(tx.db.run(update_member_count, {row.tenant_id, row.conversation_id, -1}));
  TRY(expire_streams(tx, row.tenant_id, user_id, row.conversation_id));
  row.member_count -= 1;
  target->left_at = tx.now;
  target->rev = row.rev;
  std::vector<MemberChange> changes{change_of(*target)};
  if (heir && !heir->owns_already) {
    TRY(put_role(tx, row, heir->user_id, MemberRole::owner));
    TRY_AS(promoted, member_now(tx, row, heir->user_id));
    changes.push_back(change_of(promoted));
  }
  Event event = conversation_event(Event::Kind::durable, row);
  event.frame = member_event(MemberEvent::left, row.conversation_id, row.rev, event.after, changes);
  event.left.push_back(target->user_id);
  event.frame_left = conversation_removed(row.conversation_id, row.rev, event.after);
  tx.publish(std::move(event));
  return {};
}

Result<MemberRow> change_role(Tx& tx, Membership& actor, std::string_view user_id, MemberRole role) {
  ConversationRow& row = actor.conversation;
  TRY(group_only(row));
  TRY_AS(target, find_member(tx.db, row.tenant_id, row.conversation_id, user_id));
  if (!target || !target->present()) return Error(ErrorCode::not_found);
  bool stepping_down = target->user_id == actor.me.user_id && role <= actor.me.role;
  if (!stepping_down && (!may_govern(actor.me.role, target->role) || !may_grant(actor.me.role, role))) {
    return Error(ErrorCode::forbidden, "only owners and admins change roles, below and up to their own");
  }
  if (target->role == role) return std::move(*target);
  if (target->role == MemberRole::owner) {
    TRY_AS(heir, find_heir(tx, row, user_id));
    if (!heir || !heir->owns_already)
      return Error(ErrorCode::conflict, "a group needs an owner: name another one first");
  }
  TRY(take_rev(tx, row));
  TRY(put_role(tx, row, user_id, role));
  TRY_AS(changed, member_now(tx, row, user_id));
  std::vector<MemberChange> changes{change_of(changed)};
  Event event = conversation_event(Event::Kind::durable, row);
  event.frame = member_event(MemberEvent::updated, row.conversation_id, row.rev, event.after, changes);
  tx.publish(std::move(event));
  return std::move(changed);
}

}  // namespace aiim
