// Each conversation's durable events, forwarded in rev order without a hole. What arrives out of turn is held back for
// a grace, since another node's events may only be late; then the store is asked for what is missing. Nothing here
// decides by arrival: an event counts by its rev, so one that comes twice, late or by repair is the same event.
#include <algorithm>

#include "base/codec.h"
#include "base/time.h"
#include "hub/impl.h"

namespace aiim {
namespace {

std::size_t weight(const Event& event) { return sizeof(Event) + event.frame.size() + event.frame_left.size(); }

}  // namespace

void Hub::Impl::take_durable(Conversation& conversation, const EventPtr& event) {
  if (!conversation.known) return hold(conversation, event);
  if (event->epoch != conversation.epoch) return force_repair(conversation, limits_.hole_grace_ms);
  if (event->rev <= conversation.rev) return;
  if (event->after > conversation.rev) {
    hold(conversation, event);
    return want(conversation, event->rev);
  }
  forward(conversation, *event);
  if (conversation.pending) settle(conversation);
}

/// The conversation's position moves to the event, and everyone whom it concerns is told.
void Hub::Impl::forward(Conversation& conversation, const Event& event) {
  conversation.rev = event.rev;
  conversation.highest_seq = std::max(conversation.highest_seq, event.seq);
  if (conversation.pending && !conversation.pending->waiting_joins.empty()) {
    release_waiting_joins(conversation, false);
  }
  if (!event.stream_id.empty()) end_stream(conversation, event.stream_id);
  if (!watches_.empty() && (!event.left.empty() || !event.joined.empty())) members_changed(conversation, event);
  if (!event.left.empty()) members_left(conversation, event);
  if (!event.joined.empty()) members_joined(conversation, event);
  to_followers(conversation, event.frame, event.rev, false);
  if (conversation.followers.empty()) note_unused(conversation);
}

void Hub::Impl::hold(Conversation& conversation, const EventPtr& event) {
  Pending& held = pending(conversation);
  if (held.held.size() >= limits_.pending_events_max || held.held_bytes + weight(*event) > limits_.pending_bytes_max) {
    counts_.held_dropped++;
    held.wanted = std::max(held.wanted, event->rev);  // read from the store once the hole is closed
  } else if (held.held.emplace(event->rev, event).second) {
    held.held_bytes += weight(*event);
  }
}

/// Forwards what was held back and now follows.
void Hub::Impl::settle(Conversation& conversation) {
  Pending& held = *conversation.pending;
  while (!held.held.empty() && conversation.known) {
    const auto first = held.held.begin();
    const EventPtr event = first->second;
    const bool mine = event->epoch == conversation.epoch;
    if (mine && event->rev > conversation.rev && event->after > conversation.rev) break;
    held.held.erase(first);
    held.held_bytes -= weight(*event);
    if (!mine) {
      force_repair(conversation, limits_.hole_grace_ms);
    } else if (event->rev > conversation.rev) {
      forward(conversation, *event);
    }
  }
  if (!held.held.empty()) want(conversation, held.held.rbegin()->first);
  tidy(conversation);
}

/// The store stands at this position, or did when it was read.
void Hub::Impl::note_position(Conversation& conversation, const Followed& position) {
  if (conversation.known) {
    if (position.epoch != conversation.epoch) return force_repair(conversation, limits_.hole_grace_ms);
    return want(conversation, position.rev);
  }
  conversation.known = true;
  conversation.epoch = position.epoch;
  conversation.rev = position.rev;
  conversation.started = position.rev;
  conversation.highest_seq = position.last_seq;
  if (conversation.pending) {
    const std::int64_t wanted = conversation.pending->wanted;
    settle(conversation);
    want(conversation, wanted);
  }
}

// --- repair ---

void Hub::Impl::want(Conversation& conversation, std::int64_t rev) {
  if (rev <= conversation.rev) return;
  Pending& held = pending(conversation);
  held.wanted = std::max(held.wanted, rev);
  if (held.due_ms == 0) repair_within(conversation, limits_.hole_grace_ms);
}

void Hub::Impl::repair_within(Conversation& conversation, std::int64_t delay_ms) {
  Pending& held = pending(conversation);
  const std::int64_t due = steady_ms() + std::max(delay_ms, held.backoff_ms);
  if (held.due_ms == 0 || due < held.due_ms) held.due_ms = due;
  if (!held.reading) wake_at(held.due_ms);
}

void Hub::Impl::force_repair(Conversation& conversation, std::int64_t delay_ms) {
  pending(conversation).forced = true;
  repair_within(conversation, delay_ms);
}

void Hub::Impl::repair(Conversation& conversation) {
  Pending& held = pending(conversation);
  held.due_ms = 0;
  if (!conversation.known || (!held.forced && held.wanted <= conversation.rev && held.held.empty())) return;
  held.forced = false;
  held.reading = true;
  counts_.repairs++;
  store_.read_changes(conversation.topic.tenant_id(), conversation.topic.id(), conversation.rev,
                      conversation.highest_seq,
                      later([this, topic = conversation.topic.text, generation = conversation.generation,
                             asked_from = conversation.rev, asked_for = held.wanted](Result<HubStore::Changes> read) {
                        if (Conversation* still = find_conversation(topic, generation))
                          changes_read(*still, asked_from, asked_for, std::move(read));
                      }));
}

void Hub::Impl::changes_read(Conversation& conversation, std::int64_t asked_from, std::int64_t asked_for,
                             Result<HubStore::Changes> read) {
  Pending& held = pending(conversation);
  held.reading = false;
  if (!read) {
    counts_.repairs_failed++;
    held.forced = true;
    return retry_repair(conversation);
  }
  if (read->gone) return end_conversation(conversation);
  if (read->reset || read->epoch != conversation.epoch) return start_again(conversation, *read);
  const std::int64_t before = conversation.rev;
  for (const EventPtr& event : read->events) {
    // Live events that arrived since are there already; one user's way back (go_back) makes these start too late.
    if (event->rev > conversation.rev && event->after <= conversation.rev) forward(conversation, *event);
  }
  // Revs that left nothing to tell.
  if (asked_from <= conversation.rev) conversation.rev = std::max(conversation.rev, read->rev);
  release_waiting_joins(conversation, true);
  const bool moved = conversation.rev > before;
  const bool started_late = asked_from > conversation.rev;
  if (moved) held.backoff_ms = 0;
  if (!moved && !started_late && !read->more && held.wanted == asked_for) {  // there is no more in the store
    held.wanted = conversation.rev;
    held.waiting_joins.clear();
  }
  held.forced = held.forced || read->more || started_late;
  if (!moved && !started_late && (read->more || !held.held.empty())) return retry_repair(conversation);
  settle(conversation);
  if (!conversation.pending) return;
  if (held.forced) return repair(conversation);
  if (held.wanted > conversation.rev) repair_within(conversation, limits_.hole_grace_ms);
}

void Hub::Impl::retry_repair(Conversation& conversation) {
  Pending& held = pending(conversation);
  held.backoff_ms = std::clamp(held.backoff_ms * 2, limits_.repair_backoff_min_ms, limits_.repair_backoff_max_ms);
  held.due_ms = 0;
  repair_within(conversation, held.backoff_ms);
}

/// Another epoch, or too far behind: the clients start again from the store's position, and so does the hub.
void Hub::Impl::start_again(Conversation& conversation, const HubStore::Changes& changes) {
  const bool other_epoch = changes.epoch != conversation.epoch;
  flush_run();
  conversation.epoch = changes.epoch;
  conversation.rev = changes.rev;
  conversation.started = changes.rev;
  conversation.members_seen = changes.rev;
  if (other_epoch) conversation.highest_seq = 0;
  for (Follower& follower : conversation.followers) {
    if (other_epoch || follower.since > changes.rev) follower.since = 0;
  }
  conversation.since_max = 0;
  for (const Follower& follower : conversation.followers) {
    conversation.since_max = std::max(conversation.since_max, follower.since);
  }
  Pending& held = pending(conversation);
  held.wanted = 0;
  held.forced = false;
  held.backoff_ms = 0;
  held.due_ms = 0;
  if (changes.reset && !changes.events.empty()) {
    for (const EventPtr& event : changes.events) to_followers(conversation, event->frame, changes.rev + 1, false);
  } else {
    std::string frame = R"({"type":"conversation.updated","data":{"conversation_id":)";
    append_json_string(frame, conversation.topic.id());
    frame += R"(,"epoch":)";
    append_json_string(frame, conversation.epoch);
    frame += "}}";
    to_followers(conversation, frame, conversation.since_max + 1, false);
  }
  release_waiting_joins(conversation, true);
  // Who is a member may have changed.
  for (const Follower& follower : conversation.followers) verify(*follower.user);
  for (const Pending::Expected& expected : std::exchange(held.expected, {})) {
    if (UserEntry* user = find_user(conversation.topic.tenant_id(), expected.user_id)) verify(*user);
  }
  note_unused(conversation);
  settle(conversation);
}

/// The conversation is no more.
void Hub::Impl::end_conversation(Conversation& conversation) {
  std::string frame = R"({"type":"conversation.removed","data":{"conversation_id":)";
  append_json_string(frame, conversation.topic.id());
  frame += "}}";
  to_followers(conversation, frame, conversation.since_max + 1, false);
  while (!conversation.followers.empty()) unfollow(conversation, 0);
  busy_.erase(&conversation);
  conversation.pending.reset();
  note_unused(conversation);
}

Pending& Hub::Impl::pending(Conversation& conversation) {
  if (!conversation.pending) {
    conversation.pending = std::make_unique<Pending>();
    busy_.insert(&conversation);
  }
  return *conversation.pending;
}

/// Gives the rest back once nothing is out of the ordinary.
void Hub::Impl::tidy(Conversation& conversation) {
  note_unused(conversation);
  if (!conversation.pending) return;
  const Pending& held = *conversation.pending;
  if (!held.held.empty() || held.wanted > conversation.rev || held.forced || held.reading ||
      !held.waiting_joins.empty() || !held.expected.empty() || !held.receipts.empty() || !held.typists.empty()) {
    return;
  }
  busy_.erase(&conversation);
  conversation.pending.reset();
}

}  // namespace aiim
