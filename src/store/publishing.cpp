#include "store/publishing.h"

#include "wire/events.h"

namespace aiim {

void publish_appended(EventBatch& events, const MessageDraft& draft, const AppendOutcome& outcome) {
  if (outcome.verdict != AppendOutcome::Verdict::appended) return;
  const Message& message = outcome.message;
  auto event = std::make_shared<Event>();
  event->kind = Event::Kind::durable;
  event->tenant_id = draft.tenant_id;
  event->conversation_id = draft.conversation_id;
  event->epoch = outcome.epoch;
  event->rev = message.rev;
  event->after = message.rev - 1;
  event->seq = message.seq;
  event->frame = message_created(message, event->after);
  events.push_back(std::move(event));
}

void publish_advanced(EventBatch& events, const CursorStep& step, const CursorOutcome& outcome, Time now) {
  if (outcome.verdict != CursorOutcome::Verdict::moved) return;
  auto event = [&](Event::Kind kind, std::string frame) {
    auto made = std::make_shared<Event>();
    made->kind = kind;
    made->tenant_id = step.tenant_id;
    made->conversation_id = step.conversation_id;
    made->user_id = step.user_id;
    made->seq = outcome.delivered_seq + outcome.read_seq;
    made->frame = std::move(frame);
    events.push_back(std::move(made));
  };
  bool shared = outcome.member_count <= receipt_members_max;
  event(shared ? Event::Kind::receipt : Event::Kind::personal,
        receipt_event(step.conversation_id, step.user_id, outcome.delivered_seq, outcome.read_seq, now));
  if (!step.read) return;
  OwnUpdate own{step.conversation_id, outcome.muted,        outcome.pinned,       outcome.delivered_seq,
                outcome.read_seq,     outcome.unread_count, outcome.mention_count};
  event(Event::Kind::personal, me_updated(own));
}

void publish_stream_append(EventBatch& events, const StreamAppend& append, const StreamAppendOutcome& outcome) {
  if (outcome.verdict != StreamAppendOutcome::Verdict::appended) return;
  auto event = std::make_shared<Event>();
  event->kind = Event::Kind::delta;
  event->tenant_id = append.tenant_id;
  event->conversation_id = outcome.conversation_id;
  event->user_id = append.user_id;
  event->stream_id = append.stream_id;
  event->n = outcome.n;
  event->frame = append.ops.text;
  events.push_back(std::move(event));
}

}  // namespace aiim
