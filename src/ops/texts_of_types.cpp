// What the types are. Requests need no entry: they are named by their operation.
#include "ops/texts.h"

namespace aiim {

std::span<const FieldText> texts_of_types() {
  static constexpr FieldText texts[] = {
      {"ApiKey", "A bot's key as its admins see it; the key itself is shown once, when it is made."},
      {"ApiKeys", "The tenant's keys."},
      {"ApiScope", "What a key may do: `read` changes nothing."},
      {"AuditPage", "A page of the audit log."},
      {"AuditRow", "Who did what: written in the transaction that it is about."},
      {"Bye", "Why the server closes the connection."},
      {"ByeReason",
       "`draining`: the server restarts. `slow_consumer`: the client did not read fast enough. `replaced`: by "
       "another connection. `unauthenticated`: the credentials expired, were revoked or are bad."},
      {"Conversation",
       "A conversation as its member reads it. In events the caller's own fields (`role`, `unread_count`, "
       "`mention_count`, `muted`, `pinned`) are absent: everybody gets the same."},
      {"ConversationEvent",
       "A conversation appeared, changed or is gone. Which fields are there depends on what happened."},
      {"ConversationSync",
       "One conversation of a sync: a page of changes (`complete` is there); or a stub without changes (ask "
       "again naming your rev); or `reset` (drop it and read the newest page); or `removed`."},
      {"ConversationType", "`direct`: exactly two members, one per pair. `group`: members come and go."},
      {"ConversationsPage", "A page of conversations, newest activity first."},
      {"Cursor", "How far one member has received and read. Cursors only move forward."},
      {"DependencyHealth", "Something that the server needs."},
      {"ErrorCode", "Stable names of what went wrong; the reference lists them with statuses and close codes."},
      {"FieldError", "One field of the request that is not valid."},
      {"FrameError", "What went wrong with a frame."},
      {"HealthChecks", "What was looked at."},
      {"HealthDocument", "How the server is."},
      {"Hello", "Whose connection this is, and where it starts."},
      {"LoginView", "One login of a local account: a family of refresh tokens, of which the newest is good."},
      {"LoginsReply", "The caller's logins."},
      {"MachineHealth", "The machine that the server runs on."},
      {"MeEvent", "The user's own state in a conversation, whole."},
      {"MemberChange", "A member as events and sync carry it: present while `left_at` is null."},
      {"MemberRole",
       "What a member may do, ascending: `member`, `admin`, `owner`. In a direct conversation both are `member`."},
      {"MemberView", "A member with its cursors, as conversations list them."},
      {"MembersEvent", "The members that one change concerned, as they are now."},
      {"MembersPage", "A page of members, in order of `user_id`."},
      {"Message",
       "One entry of a conversation's log. It keeps its `seq` for ever; edits, reactions and recalls change it in "
       "place."},
      {"MessageContent",
       "What a message says. Which fields are there depends on the message's type; keys that the server does not "
       "know are kept. Empty once the message is recalled."},
      {"MessageEvent", "A message as it is now: put it in place by `message_id`."},
      {"MessageReply", "The message as it is now."},
      {"MessageSent", "The message as it is now, and whether it was there before."},
      {"MessageStatus",
       "`streaming` while a stream writes it, then `sent`; `recalled`: a tombstone. `delivered` and `read` occur only "
       "in "
       "REST reads by the sender; live clients derive them from cursors."},
      {"MessageType",
       "`system` messages are the server's, `ai` those of bots; `stream_chunk` is a legacy way to write a stream and "
       "never the type of a stored message."},
      {"MessagesPage", "A page of messages, ascending by `seq`."},
      {"NewApiKey", "A key that was just made."},
      {"OwnState", "What is the caller's own in a conversation."},
      {"Pong", "The connection is alive."},
      {"Presence", "Whether somebody is there. Whoever shares no conversation with the asker reads as `offline`."},
      {"PresenceState", "`away`: connected, but nobody seems to be looking."},
      {"Problem", "What went wrong (RFC 9457)."},
      {"Reaction", "One emoji under a message, and who chose it."},
      {"ReceiptEvent", "A member's cursors after they moved."},
      {"ReceiptTimes", "When a message reached one member."},
      {"ReceiptsReply", "When a message reached each of its conversation's other members."},
      {"ResetReason",
       "`epoch`: the history was replaced. `too_far`: more changed than a sync carries. `unknown`: the client is ahead "
       "of "
       "the server."},
      {"RevAck", "The change is on disk."},
      {"SendAck", "The message is on disk; its event carries it whole."},
      {"ServerStatus", "One word about the server."},
      {"StreamAppended", "The pieces would survive a crash."},
      {"StreamContent", "The content of a stream's message."},
      {"StreamDelta",
       "Consecutive appends: at position `from` - 1 apply them; at `n` or above ignore them; below, watch."},
      {"StreamOp",
       "One piece of a stream. `text` and `reasoning` carry `delta`; `tool_call`: `call_id`, `name`, `arguments`; "
       "`tool_result`: `call_id`, `result`, `is_error`; `status`: `text`."},
      {"StreamOpKind",
       "What a piece is: words of the answer, reasoning before it, a tool's call and its result, or what the writer is "
       "doing."},
      {"StreamOutcome", "How a stream ended; `interrupted`: its writer fell silent and the lease ran out."},
      {"StreamPart", "A consecutive piece of a stream's content, deltas of one kind folded."},
      {"StreamSnapshot", "A stream up to `n`: put it in place of what is held."},
      {"StreamStarted", "The stream's message has its place in the log."},
      {"StreamStatus", "What a writer may say of its stream's end."},
      {"SyncPosition", "Where a client stands in one conversation."},
      {"SyncReply", "Changes of conversations, up to 512 KiB."},
      {"Tokens", "What a login yields."},
      {"User", "A person or bot of the tenant."},
      {"UserKind", "`bot`: a program."},
      {"UserRole", "`admin`: may manage the tenant's users and keys."},
      {"UserStatus", "`suspended`: requests are refused and connections closed."},
      {"UsersPage", "A page of users."},
      {"OwnPresence", "What a session says of its user: `away` when nobody is looking."},
      {"PresenceReply", "Everybody on the list, as they are now."},
      {"TypingEvent", "Who types where."},
      {"TypingState", "`start` is repeated while somebody types, and fades without `stop`."},
  };
  return texts;
}

}  // namespace aiim
