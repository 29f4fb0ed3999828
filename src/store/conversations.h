// Conversations and their members: rows, locking, and the changes that make a rev.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/db.h"
#include "store/store.h"
#include "wire/conversation.h"
#include "wire/sync.h"

namespace aiim {

struct ConversationRow {
  std::string conversation_id;
  ConversationType type = ConversationType::direct;
  std::optional<std::string> name;
  std::string tenant_id;
  Time created_at;
  Time updated_at;
  std::int64_t last_seq = 0;
  std::int64_t rev = 0;
  std::int64_t own_rev = 0;
  std::string epoch;
  std::int64_t member_count = 0;
  std::int64_t min_seq = 1;  // messages below are gone
};

struct MemberRow {
  std::string user_id;
  MemberRole role = MemberRole::member;
  Time joined_at;
  std::optional<Time> left_at;
  std::int64_t joined_rev = 0;
  std::int64_t rev = 0;
  std::int64_t delivered_seq = 0;
  std::int64_t read_seq = 0;
  bool muted = false;
  bool pinned = false;

  bool present() const { return !left_at; }
};

/// From twelve columns in the order of ConversationRow, and ten in the order of MemberRow, from column `first` on.
ConversationRow conversation_from(const Row& row, int first = 0);
MemberRow member_from(const Row& row, int first = 0);

/// A conversation as one present member sees it. `not_found` for everybody else, whatever the reason.
struct Membership {
  ConversationRow conversation;
  MemberRow me;
};
Result<Membership> read_membership(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                   std::string_view user_id);
/// The same with the conversation's row locked: the lock orders all who change the conversation.
Result<Membership> lock_membership(Tx& tx, std::string_view tenant_id, std::string_view conversation_id,
                                   std::string_view user_id);

/// Takes the next rev for a locked conversation; `own`: its own facts change. Updates `row` too.
Result<std::int64_t> take_rev(Tx& tx, ConversationRow& row, bool own = false);

Result<std::optional<ConversationRow>> find_conversation(Db& db, std::string_view tenant_id,
                                                         std::string_view conversation_id);
Result<std::optional<MemberRow>> find_member(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                             std::string_view user_id);
/// Present members in order of user_id after `after`.
Result<std::vector<MemberRow>> list_members(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                            std::string_view after, std::int64_t limit);

/// The conversation as clients see it: with the first 100 members and the last message; for `viewer` (null: for an
/// event) with role, counts, muted and pinned.
Result<Conversation> view_conversation(Db& db, const ConversationRow& row, const MemberRow* viewer);
/// Others' messages after the cursor, without recalled and system ones, up to 1,000 (looking at the newest 5,000).
Result<std::int64_t> count_unread(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                  std::string_view user_id, std::int64_t read_seq);
Result<std::int64_t> count_mentions(Db& db, std::string_view tenant_id, std::string_view conversation_id,
                                    std::string_view user_id, std::int64_t read_seq);
Result<OwnState> own_state(Db& db, const ConversationRow& row, const MemberRow& me);

MemberView view_of(const MemberRow& row);
MemberChange change_of(const MemberRow& row);

struct NewConversation {
  std::string tenant_id;
  std::string conversation_id;  // used when it is really new
  ConversationType type = ConversationType::direct;
  std::optional<std::string> name;
  std::string creator_id;
  std::vector<std::string> member_ids;  // without the creator, without repeats
};
/// Creates it, or finds the direct conversation of the pair. Publishes `conversation.created` to every member.
Result<Conversation> create_conversation(Tx& tx, const NewConversation& wanted);

/// Renames; publishes `conversation.updated`.
Result<> rename_conversation(Tx& tx, Membership& membership, std::string_view name);
/// The caller's own mute and pin; publishes `me.updated`.
Result<> set_own_flags(Tx& tx, Membership& membership, std::optional<bool> muted, std::optional<bool> pinned);

/// Adds those of `user_ids` who are not present, as one rev. Publishes `member.joined`, and `conversation.created` to
/// them.
Result<> add_members(Tx& tx, Membership& actor, const std::vector<std::string>& user_ids, MemberRole role,
                     std::int64_t members_max);
/// Removes a member (or lets it leave); promotes somebody when the last owner goes. Publishes `member.left`.
Result<> remove_member(Tx& tx, Membership& actor, std::string_view user_id);
/// Publishes `member.updated`. The last owner cannot be demoted.
Result<MemberRow> change_role(Tx& tx, Membership& actor, std::string_view user_id, MemberRole role);

}  // namespace aiim
