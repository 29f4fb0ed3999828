// What the operations do beyond their summary, and the errors that do not follow from their row (op_facts.cpp).
#include "ops/texts.h"

namespace aiim {

std::span<const OperationText> texts_of_operations() {
  using enum ErrorCode;
  static const std::vector<OperationText> texts = {
      // accounts
      {"login",
       "Wrong names and wrong passwords answer alike (`unauthenticated`), and slower after each failure. `forbidden` "
       "on a server without local accounts.",
       {unauthenticated, suspended, forbidden}},
      {"register",
       "`forbidden` where the server's settings do not open registration; `conflict` when the name is taken.",
       {forbidden, conflict}},
      {"refresh",
       "The old refresh token is used up. Using it again means that somebody else has it: the whole login is revoked, "
       "and "
       "connections that it opened are closed.",
       {unauthenticated, suspended, forbidden}},
      {"logout",
       "Ends the login that the access token came from, or that `refresh_token` names; its connections are closed "
       "within 5 s."},
      {"get_me", "A user seen for the first time in a valid token is created on the spot."},
      {"update_me", "Fields that are absent or null stay as they are."},
      {"list_sessions", "Logins of local accounts in force, newest first. Tokens of an identity provider have none."},
      {"revoke_sessions", "Connections that were opened with it are closed within 5 s."},
      {"search_users", "Upper and lower case, and accents, do not matter."},
      {"get_user", "Any user of the tenant."},
      {"update_user",
       "Fields that are absent stay. The own role and status are for another admin (`conflict`).",
       {conflict}},
      {"read_audit_log", "Operations that were refused leave no row."},
      {"create_api_key",
       "Only its hash is stored. The bot is created when it is unknown; a key for a person is `conflict`.",
       {conflict}},
      {"list_api_keys", "Revoked keys stay in the list."},
      {"revoke_api_key", "Connections that were opened with it are closed within 5 s."},

      // conversations
      {"create_conversation",
       "The caller is always a member; of a group its owner. A direct conversation exists once per pair: asking "
       "again answers with the same one.",
       {conflict, not_found},
       true},
      {"list_conversations", "Keep the first page's `sync_token`: with it `sync` tells what changed since."},
      {"get_conversation", "With the caller's own state and at most 100 members."},
      {"update_conversation",
       "`name` is everybody's, for owners and admins of a group; `muted` and `pinned` are the caller's own, and go to "
       "the caller's sessions alone. Fields that are absent stay.",
       {conflict}},
      {"leave_conversation",
       "Afterwards the conversation does not exist for the caller. When the last owner leaves, the admin who has "
       "been there longest, else the member, becomes owner. Direct conversations are not left (`conflict`).",
       {conflict}},
      {"list_members", "Only present members."},
      {"add_members",
       "New and returning members see the whole history. Answers with those named, as they are now.",
       {conflict}},
      {"change_role",
       "A group always has an owner: to step down as the last one, name another first (`conflict`).",
       {conflict}},
      {"remove_member", "Members below the caller's own role; everybody themselves.", {conflict}},
      {"read_changes",
       "One conversation of a sync, over REST: pages of what changed after `since_rev`, each changed thing once, as it "
       "is "
       "now. A page never splits a revision."},
      {"sync",
       "Name the conversations that are held, with their positions; say `since` to hear of others. A page ends at 200 "
       "changes of a "
       "conversation or 512 KiB, never inside a revision; what found no room comes as a stub, and `more` is true."},

      // messages
      {"send_message",
       "Answers once the message is on disk. Retry with the same `client_msg_id` until there is an answer: it is "
       "stored once.",
       {},
       true},
      {"read_messages", "At most one of `before_seq`, `after_seq` and `around_seq`; without any, the newest page."},
      {"get_message", "As the conversation's log has it now."},
      {"edit_message", "Recalled, `system` and streaming messages are not edited (`conflict`).", {conflict}},
      {"recall_message",
       "Its content becomes empty and its status `recalled`, for everybody. Recalling twice changes nothing. A message "
       "that a stream is writing is cancelled first (`conflict`).",
       {conflict}},
      {"react",
       "A repeat changes nothing. At most 50 different emoji per message; none on a recalled one (`conflict`).",
       {conflict}},
      {"unreact", "Taking back what is not there changes nothing.", {conflict}},
      {"mark_delivered", "Cursors only move forward; saying less than before changes nothing."},
      {"mark_read", "What is read is delivered too. Cursors only move forward."},
      {"get_receipts", "Derived from the members' cursors."},

      // streams
      {"start_stream",
       "Appends the message that the stream will write (status `streaming`) and answers with its id. Any member may; a "
       "bot's message is of type `ai`.",
       {},
       true},
      {"append_stream",
       "Acknowledged once the pieces would survive a crash. Everybody who may see the message gets them, unasked.",
       {stream_ended, stream_gap}},
      {"end_stream", "What was written stays; the message's status becomes `sent`.", {stream_ended}},
      {"cancel_stream", "Any member may. Later appends get `stream_ended`.", {stream_ended}},
      {"watch_stream",
       "What is missing follows as `stream.delta` or `stream.snapshot` events to this connection alone, then the live "
       "ones."},
      {"stream_chunk",
       "The first chunk under a `client_msg_id` starts the stream, `stream_end` ends it. With `chunk_index`, 1, 2, 3 "
       "…, retries are safe. Text only: other pieces, `reply_to`, other endings and `usage` need the WebSocket's "
       "`stream.start`, `stream.append` and `stream.end`. A chunk renews the lease.",
       {idempotency_mismatch, stream_ended, stream_gap}},
      // presence
      {"typing", "The other members hear of it while they are connected. Nothing is stored."},
      {"watch_presence",
       "Replaces the connection's list; changes come as `presence` events. Whoever shares no conversation with the "
       "caller reads as `offline`, without `last_seen`."},
      {"set_presence", "Of this connection: the user is away when all connections are, by this or by idleness."},
      {"ping", "WebSocket pings are answered too; this one measures the server's clock and renews leases."},
  };
  return texts;
}

}  // namespace aiim
