// THE operation table: what is not in it does not exist.
#include "ops/auth.h"
#include "ops/conversations.h"
#include "ops/messages.h"
#include "ops/operation.h"
#include "ops/users.h"

namespace aiim {
namespace {

#define API "/api/aiim"

constexpr Op table[] = {
    // accounts
    op<&login>({.name = "login",
                .http = "POST " API "/auth/login",
                .access = Access::anyone,
                .rate = Rate::login,
                .audit = Audit::yes,
                .summary = "Log in with a local account."}),
    op<&register_account>({.name = "register",
                           .http = "POST " API "/auth/register",
                           .access = Access::anyone,
                           .rate = Rate::login,
                           .audit = Audit::yes,
                           .summary = "Open a local account, where the server allows it."}),
    op<&refresh>({.name = "refresh",
                  .http = "POST " API "/auth/refresh",
                  .access = Access::anyone,
                  .rate = Rate::login,
                  .summary = "Exchange a refresh token for new tokens. Using one twice ends the login."}),
    op<&logout>({.name = "logout",
                 .http = "POST " API "/auth/logout",
                 .access = Access::user,
                 .rate = Rate::write,
                 .audit = Audit::yes,
                 .summary = "End the login behind the token."}),
    op<&get_me>({.name = "get_me",
                 .http = "GET " API "/users/me",
                 .access = Access::user,
                 .rate = Rate::read,
                 .write = false,
                 .summary = "The caller."}),
    op<&update_me>({.name = "update_me",
                    .http = "PATCH " API "/users/me",
                    .access = Access::user,
                    .rate = Rate::write,
                    .summary = "Change the own display name or avatar."}),
    op<&list_sessions>({.name = "list_sessions",
                        .http = "GET " API "/users/me/sessions",
                        .access = Access::user,
                        .rate = Rate::read,
                        .write = false,
                        .summary = "The caller's logins."}),
    op<&revoke_sessions>({.name = "revoke_sessions",
                          .http = "DELETE " API "/users/me/sessions",
                          .access = Access::user,
                          .rate = Rate::write,
                          .audit = Audit::yes,
                          .summary = "End one login, or all but the present one."}),
    op<&get_user>({.name = "get_user",
                   .http = "GET " API "/users/{user_id}",
                   .access = Access::user,
                   .rate = Rate::read,
                   .write = false,
                   .summary = "One user of the tenant."}),

    // conversations
    op<&create_conversation_op>({.name = "create_conversation",
                                 .http = "POST " API "/conversations",
                                 .access = Access::user,
                                 .rate = Rate::write,
                                 .audit = Audit::yes,
                                 .summary = "Create a group, or create or find the direct conversation of a pair."}),
    op<&list_conversations>({.name = "list_conversations",
                             .http = "GET " API "/conversations",
                             .access = Access::user,
                             .rate = Rate::read,
                             .write = false,
                             .summary = "The caller's conversations, newest activity first."}),
    op<&get_conversation>({.name = "get_conversation",
                           .http = "GET " API "/conversations/{conversation_id}",
                           .access = Access::member,
                           .rate = Rate::read,
                           .write = false,
                           .summary = "One conversation."}),
    op<&update_conversation>({.name = "update_conversation",
                              .http = "PATCH " API "/conversations/{conversation_id}",
                              .access = Access::member,
                              .rate = Rate::write,
                              .audit = Audit::yes,
                              .summary = "Rename a group (owners and admins); mute and pin for oneself."}),
    op<&leave_conversation>({.name = "leave_conversation",
                             .http = "DELETE " API "/conversations/{conversation_id}",
                             .access = Access::member,
                             .rate = Rate::write,
                             .audit = Audit::yes,
                             .summary = "Leave a group."}),
    op<&list_members_op>({.name = "list_members",
                          .http = "GET " API "/conversations/{conversation_id}/members",
                          .access = Access::member,
                          .rate = Rate::read,
                          .write = false,
                          .summary = "The members, in order of user_id."}),
    op<&add_members_op>({.name = "add_members",
                         .http = "POST " API "/conversations/{conversation_id}/members",
                         .access = Access::manager,
                         .rate = Rate::write,
                         .audit = Audit::yes,
                         .summary = "Add members to a group."}),
    op<&change_role_op>({.name = "change_role",
                         .http = "PATCH " API "/conversations/{conversation_id}/members/{user_id}",
                         .access = Access::manager,
                         .rate = Rate::write,
                         .audit = Audit::yes,
                         .summary = "Change a member's role."}),
    op<&remove_member_op>({.name = "remove_member",
                           .http = "DELETE " API "/conversations/{conversation_id}/members/{user_id}",
                           .access = Access::manager,
                           .rate = Rate::write,
                           .audit = Audit::yes,
                           .summary = "Remove a member; with the own id: leave."}),
    op<&read_changes_op>({.name = "read_changes",
                          .http = "GET " API "/conversations/{conversation_id}/changes",
                          .access = Access::member,
                          .rate = Rate::read,
                          .write = false,
                          .summary = "What changed after a rev."}),
    op<&sync>({.name = "sync",
               .ws = "sync",
               .access = Access::user,
               .rate = Rate::read,
               .write = false,
               .summary = "Catch up with everything that changed since the given positions."}),

    // messages
    op<&send_message, &send_ack>({.name = "send_message",
                                  .http = "POST " API "/messages",
                                  .ws = "send_message",
                                  .access = Access::member,
                                  .rate = Rate::write,
                                  .summary = "Append a message to a conversation."}),
    op<&read_messages_op>({.name = "read_messages",
                           .http = "GET " API "/messages/{conversation_id}",
                           .access = Access::member,
                           .rate = Rate::read,
                           .write = false,
                           .summary = "A page of messages, ascending by seq."}),
    op<&get_message>({.name = "get_message",
                      .http = "GET " API "/messages/{conversation_id}/{message_id}",
                      .access = Access::member,
                      .rate = Rate::read,
                      .write = false,
                      .summary = "One message."}),
    op<&edit_message_op, &rev_ack>({.name = "edit_message",
                                    .http = "PATCH " API "/messages/{conversation_id}/{message_id}",
                                    .ws = "edit_message",
                                    .access = Access::sender,
                                    .rate = Rate::write,
                                    .summary = "Change the content of an own message."}),
    op<&recall_message_op, &rev_ack>({.name = "recall_message",
                                      .http = "DELETE " API "/messages/{conversation_id}/{message_id}",
                                      .ws = "recall_message",
                                      .access = Access::moderator,
                                      .rate = Rate::write,
                                      .audit = Audit::yes,
                                      .summary = "Recall a message: a tombstone keeps its seq."}),
    op<&react_op, &rev_ack>({.name = "react",
                             .http = "PUT " API "/messages/{conversation_id}/{message_id}/reactions/{emoji}",
                             .ws = "react",
                             .access = Access::member,
                             .rate = Rate::write,
                             .summary = "React to a message."}),
    op<&unreact_op>({.name = "unreact",
                     .http = "DELETE " API "/messages/{conversation_id}/{message_id}/reactions/{emoji}",
                     .access = Access::member,
                     .rate = Rate::write,
                     .summary = "Take a reaction back."}),
    op<&mark_delivered>({.name = "mark_delivered",
                         .http = "POST " API "/receipts/delivered",
                         .ws = "mark_delivered",
                         .access = Access::member,
                         .rate = Rate::receipt,
                         .summary = "Move the own delivered cursor forward."}),
    op<&mark_read>({.name = "mark_read",
                    .http = "POST " API "/receipts/read",
                    .ws = "mark_read",
                    .access = Access::member,
                    .rate = Rate::receipt,
                    .summary = "Move the own read cursor forward."}),
    op<&get_receipts>({.name = "get_receipts",
                       .http = "GET " API "/receipts/{conversation_id}/{message_id}",
                       .access = Access::member,
                       .rate = Rate::read,
                       .write = false,
                       .summary = "Who received and read a message, and when."}),

    op<&ping>({.name = "ping",
               .ws = "ping",
               .access = Access::user,
               .rate = Rate::none,
               .write = false,
               .summary = "Is the connection alive?"}),
};

constexpr bool same(const char* a, const char* b) {
  for (; *a && *a == *b; ++a, ++b) {
  }
  return *a == *b;
}

constexpr bool names_are_unique() {
  for (const Op& a : table) {
    for (const Op& b : table) {
      if (&a == &b) continue;
      if (same(a.row.name, b.row.name)) return false;
      if (*a.row.http && same(a.row.http, b.row.http)) return false;
      if (*a.row.ws && same(a.row.ws, b.row.ws)) return false;
    }
  }
  return true;
}
static_assert(names_are_unique(), "two operations share a name, a route or a frame type");

}  // namespace

std::span<const Op> operations() { return table; }

}  // namespace aiim
