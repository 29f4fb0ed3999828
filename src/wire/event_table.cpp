// THE table of events: what a server sends without being asked. A new event is a row here and a struct in
// event_types.h.
#include "wire/event_types.h"

namespace aiim {
namespace {

constexpr bool durable = true, ephemeral = false;

constexpr EventRow table[] = {
    {"hello", &type_of<Hello>, ephemeral,
     "The first frame of a connection: from here on everything the user may see is pushed."},
    {"bye", &type_of<Bye>, ephemeral,
     "The last frame before the server closes the connection: why, and when to return."},
    {"message.created", &type_of<MessageEvent>, durable,
     "A message was appended, or a stream began; to every session of every member, the sender's own included."},
    {"message.updated", &type_of<MessageEvent>, durable,
     "A message was edited, recalled or reacted to, or a stream ended: the message as it is now."},
    {"conversation.created", &type_of<ConversationEvent>, durable,
     "The user is in a conversation it was not in before: it was created, or the user was added."},
    {"conversation.updated", &type_of<ConversationEvent>, durable,
     "The conversation's name changed; or its history was replaced (`epoch` alone): sync."},
    {"conversation.removed", &type_of<ConversationEvent>, durable,
     "The user is no member any more: drop the conversation."},
    {"member.joined", &type_of<MembersEvent>, durable, "Members were added to a group."},
    {"member.left", &type_of<MembersEvent>, durable,
     "A member left or was removed; a promotion that this caused rides in the same event."},
    {"member.updated", &type_of<MembersEvent>, durable, "A member's role changed."},
    {"me.updated", &type_of<MeEvent>, ephemeral,
     "The user's own state in a conversation changed on some device; to the user's own sessions only."},
    {"receipt", &type_of<ReceiptEvent>, ephemeral,
     "A member's cursors moved. Coalesced over 200 ms; above 100 members only to the reader's own sessions."},
    {"typing", &type_of<TypingEvent>, ephemeral, "A member of the conversation types, or stopped."},
    {"presence", &type_of<Presence>, ephemeral, "Somebody on the list of `presence.watch` came, went, or turned away."},
    {"stream.delta", &type_of<StreamDelta>, ephemeral,
     "The next pieces of a stream, coalesced over some 40 ms: apply them at position `from` - 1."},
    {"stream.snapshot", &type_of<StreamSnapshot>, ephemeral,
     "The whole content of a stream up to `n`, after `stream.watch`."},
};

}  // namespace

std::span<const EventRow> event_table() { return table; }

}  // namespace aiim
