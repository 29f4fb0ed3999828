// Who types. What clients say passes through the bus as an event without a frame; each hub decides by itself what its
// sessions are told: a `start` when somebody begins, again every other second while it goes on, and a `stop` when they
// say so or fall silent. In a conversation of thousands only as many are shown as can be told at little cost.
#include <algorithm>

#include "base/time.h"
#include "hub/impl.h"

namespace aiim {

void Hub::Impl::typing(Session& session, std::string_view conversation_id, TypingState state) {
  if (session.user_ == nullptr) return;
  const UserEntry& user = *session.user_;
  Event event;
  event.kind = Event::Kind::typing;
  event.tenant_id = user.topic.tenant_id();
  event.conversation_id = conversation_id;
  event.user_id = user.topic.id();
  event.session_id = session.session_id();
  event.rev = state == TypingState::start ? 1 : 0;
  bus_.publish({std::make_shared<const Event>(std::move(event))});
}

void Hub::Impl::take_typing(Conversation& conversation, const Event& event) {
  const bool starts = event.rev != 0;
  if (conversation.followers.empty() || (!starts && !conversation.pending)) return;
  std::vector<Pending::Typist>& typists = pending(conversation).typists;
  auto typist = std::find_if(typists.begin(), typists.end(),
                             [&](const Pending::Typist& each) { return each.user_id == event.user_id; });
  const std::int64_t now = steady_ms();
  if (!starts) {
    if (typist != typists.end()) {
      typist->until_ms = 0;
      if (std::exchange(typist->shown, false)) tell_typing(conversation, *typist, TypingState::stop);
    }
    return tidy(conversation);
  }
  if (typist == typists.end()) {
    if (typists.size() >= limits_.typists_max) return;
    typists.push_back({event.user_id, event.session_id, 0, 0, false});
    typist = typists.end() - 1;
  }
  typist->session_id = event.session_id;
  typist->until_ms = now + limits_.typing_ms;
  const bool again = typist->shown && now - typist->told_ms < limits_.typing_again_ms;
  if (!again) begin_typing(conversation, *typist, now);
  wake_at(typing_due(*conversation.pending, limits_.typing_pause_ms));
}

/// Tells `start`, unless this user or this conversation did so a moment ago.
void Hub::Impl::begin_typing(Conversation& conversation, Pending::Typist& typist, std::int64_t now_ms) {
  Pending& held = *conversation.pending;
  if (typist.told_ms != 0 && now_ms - typist.told_ms < limits_.typing_pause_ms) return;
  if (held.typing_due_ms > now_ms) return;  // too many: the next time they say it
  const auto followers = static_cast<std::int64_t>(conversation.followers.size());
  held.typing_due_ms = now_ms + 1000 * followers / std::max<std::int64_t>(1, limits_.typing_per_s);
  typist.told_ms = now_ms;
  typist.shown = true;
  tell_typing(conversation, typist, TypingState::start);
}

void Hub::Impl::tell_typing(Conversation& conversation, const Pending::Typist& typist, TypingState state) {
  flush_run();
  const FrameSlice slice = pool_.put(typing_event(conversation.topic.id(), typist.user_id, state));
  const UserEntry* own = find_user(conversation.topic.tenant_id(), typist.user_id);
  counts_.frames++;
  counts_.typing_told++;
  for (const Follower& follower : conversation.followers) {
    for (Session* session : follower.user->sessions) {
      if (follower.user == own && session->session_id() == typist.session_id) continue;
      push(*session, slice, true);
    }
  }
}

/// Time has passed: who fell silent stopped; who began again too soon is told of now.
void Hub::Impl::end_typing(Conversation& conversation, std::int64_t now_ms) {
  if (!conversation.pending || conversation.pending->typists.empty()) return;
  std::vector<Pending::Typist>& typists = conversation.pending->typists;
  for (Pending::Typist& typist : typists) {
    if (typist.until_ms <= now_ms) {
      if (std::exchange(typist.shown, false)) tell_typing(conversation, typist, TypingState::stop);
    } else if (!typist.shown) {
      begin_typing(conversation, typist, now_ms);
    }
  }
  std::erase_if(typists, [&](const Pending::Typist& typist) {
    return typist.until_ms <= now_ms && now_ms - typist.told_ms >= limits_.typing_pause_ms;
  });
}

/// When somebody's typing needs to be looked at again; 0: never.
std::int64_t Hub::Impl::typing_due(const Pending& held, std::int64_t pause_ms) {
  std::int64_t due = 0;
  for (const Pending::Typist& typist : held.typists) {
    std::int64_t own = typist.until_ms;
    if (!typist.shown) {  // to be told of when the pause ends, or forgotten
      own = typist.told_ms + pause_ms;
      if (typist.until_ms != 0) own = std::min(typist.until_ms, std::max(own, held.typing_due_ms));
    }
    if (due == 0 || own < due) due = own;
  }
  return due;
}

}  // namespace aiim
