// Who may do what inside a conversation. Pure; judged by the store inside its transaction.
#pragma once
#include "wire/conversation.h"

namespace aiim {

/// Owners and admins run a group; in a direct conversation nobody outranks the other.
inline bool manages(MemberRole role) { return role != MemberRole::member; }
/// May `actor` give `role` to somebody new, or to somebody whom it may change?
inline bool may_grant(MemberRole actor, MemberRole role) { return manages(actor) && role <= actor; }
/// May `actor` remove `target`, or change its role? Owners may with everybody, admins with members.
inline bool may_govern(MemberRole actor, MemberRole target) {
  return actor == MemberRole::owner || (manages(actor) && target < actor);
}

}  // namespace aiim
