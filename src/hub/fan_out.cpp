// Bytes into outboxes: a frame is copied into the worker's chunk once and pushed as a slice, without any allocation per
// session. Frames of one conversation that come in a row are pushed together.
#include "base/time.h"
#include "hub/impl.h"

namespace aiim {
namespace {

constexpr std::size_t kReceiptsMax = 256;  // readers of one conversation in one window; further ones send it early

}  // namespace

void Hub::Impl::send(Session& session, std::string_view json, bool droppable) {
  flush_run();
  push(session, pool_.put(json), droppable);
}

void Hub::Impl::push(Session& session, const FrameSlice& slice, bool droppable) {
  Outbox& outbox = session.outbox;
  if (outbox.empty()) {
    outbox.push(slice);
    const bool above = outbox.bytes() > limits_.outbox_bytes_max;
    session.granted_bytes_ = above ? static_cast<std::uint32_t>(outbox.bytes()) : 0;
    return session.mark_dirty();
  }
  const std::size_t limit = limits_.outbox_bytes_max + session.granted_bytes_;
  if (outbox.bytes() > limits_.outbox_bytes_soft) [[unlikely]] {
    if (droppable) {
      counts_.ephemeral_dropped++;
      return;
    }
    if (outbox.bytes() > limit) return;  // about to be ended
  }
  outbox.push(slice);
  session.mark_dirty();
  if (outbox.bytes() > limit) [[unlikely]]
    slow_.push_back(&session);
}

/// To everyone whose `since` is below `rev`.
void Hub::Impl::to_followers(Conversation& conversation, std::string_view frame, std::int64_t rev, bool droppable) {
  if (conversation.followers.empty()) return;
  const FrameSlice slice = pool_.put(frame);
  counts_.frames++;
  if (conversation.since_max < rev) {
    if (run_.conversation == &conversation && run_.droppable == droppable && run_.slice.extend(slice)) return;
    flush_run();
    run_ = {&conversation, slice, droppable};
    return;
  }
  flush_run();
  for (const Follower& follower : conversation.followers) {
    if (follower.since >= rev) continue;
    for (Session* session : follower.user->sessions) push(*session, slice, droppable);
  }
}

void Hub::Impl::flush_run() {
  if (run_.conversation == nullptr) return;
  const Run run = std::exchange(run_, {});
  for (const Follower& follower : run.conversation->followers) {
    for (Session* session : follower.user->sessions) push(*session, run.slice, run.droppable);
  }
}

void Hub::Impl::to_user(UserEntry& user, std::string_view frame, bool droppable) {
  if (user.sessions.empty()) return;
  flush_run();
  const FrameSlice slice = pool_.put(frame);
  counts_.frames++;
  for (Session* session : user.sessions) push(*session, slice, droppable);
}

// --- receipts: the latest of each reader, once per window ---

void Hub::Impl::take_receipt(Conversation& conversation, const EventPtr& event) {
  if (conversation.followers.empty()) return;
  std::vector<EventPtr>& receipts = pending(conversation).receipts;
  const auto same = std::find_if(receipts.begin(), receipts.end(),
                                 [&](const EventPtr& earlier) { return earlier->user_id == event->user_id; });
  if (same == receipts.end()) {
    receipts.push_back(event);
  } else if (event->seq == 0 || event->seq >= (*same)->seq) {
    *same = event;
  }
  if (receipts.size() >= kReceiptsMax) send_receipts(conversation);
  if (receipts_due_ms_ == 0) {
    receipts_due_ms_ = steady_ms() + limits_.receipt_window_ms;
    wake_at(receipts_due_ms_);
  }
}

void Hub::Impl::send_receipts(Conversation& conversation) {
  for (const EventPtr& event : std::exchange(conversation.pending->receipts, {})) {
    to_followers(conversation, event->frame, conversation.since_max + 1, false);
  }
}

}  // namespace aiim
