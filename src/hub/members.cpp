// Who follows what. A conversation's member events, taken in rev order, end a user's following; conversation.created
// (an event of the user's own topic) begins it. The two topics are not ordered among each other: whichever comes first,
// the user's sessions see conversation.created, then every durable event above its rev, each once.
#include <algorithm>

#include "base/codec.h"
#include "base/time.h"
#include "hub/impl.h"

namespace aiim {
namespace {

constexpr std::size_t kJoinedMax = 10'000;  // kept for a user whose attach is under way, or behind one hole
constexpr std::size_t kDeparturesMax = 64;
constexpr int kVerifyingMax = 8;

/// False where it was noted before.
bool note_departure(UserEntry& user, const Event& event) {
  std::vector<UserEntry::Departure>& departures = user.departures;
  const auto same = [&](const UserEntry::Departure& earlier) {
    return earlier.conversation_id == event.conversation_id && earlier.epoch == event.epoch && earlier.rev >= event.rev;
  };
  if (std::any_of(departures.begin(), departures.end(), same)) return false;
  std::erase_if(departures, [&](const auto& earlier) { return earlier.conversation_id == event.conversation_id; });
  if (departures.size() >= kDeparturesMax) departures.erase(departures.begin());
  departures.push_back({event.conversation_id, event.epoch, event.rev});
  return true;
}

/// Whether the user is known to have left after that join.
bool left_since(const UserEntry& user, const Event& joined) {
  return std::any_of(user.departures.begin(), user.departures.end(), [&](const UserEntry::Departure& departure) {
    return departure.conversation_id == joined.conversation_id && departure.epoch == joined.epoch &&
           departure.rev > joined.rev;
  });
}

}  // namespace

Conversation& Hub::Impl::open_conversation(std::string_view tenant_id, std::string_view conversation_id) {
  if (Conversation* conversation = find_conversation(tenant_id, conversation_id)) return *conversation;
  auto made = std::make_unique<Conversation>();
  Conversation& conversation = *made;
  conversation.topic =
      TopicName{conversation_topic(tenant_id, conversation_id), static_cast<std::uint32_t>(tenant_id.size())};
  conversation.generation = next_number_++;
  conversations_.emplace(conversation.topic.text, std::move(made));
  return conversation;
}

/// Outside an attach: what was published before the confirmation is read from the store after it.
void Hub::Impl::subscribe(Conversation& conversation) {
  bus_.subscribe(subscriber_, {conversation.topic.text},
                 later([this, topic = conversation.topic.text, generation = conversation.generation] {
                   Conversation* still = find_conversation(topic, generation);
                   if (still == nullptr) return;
                   still->confirmed = true;
                   pending(*still).forced = true;
                   if (!still->pending->reading) repair(*still);
                 }));
}

void Hub::Impl::follow(Conversation& conversation, UserEntry& user, std::int64_t since) {
  flush_run();
  const auto in_conversation = static_cast<std::uint32_t>(conversation.followers.size());
  const auto in_user = static_cast<std::uint32_t>(user.following.size());
  conversation.followers.push_back({&user, since, in_user});
  user.following.push_back({&conversation, in_conversation});
  conversation.since_max = std::max(conversation.since_max, since);
  if (conversation.pending) {
    std::erase_if(conversation.pending->expected,
                  [id = user.topic.id()](const Pending::Expected& expected) { return expected.user_id == id; });
  }
}

void Hub::Impl::unfollow(Conversation& conversation, std::uint32_t follower) {
  flush_run();
  const Follower gone = conversation.followers[follower];
  for (Session* session : gone.user->sessions) forget_watcher(conversation, *session);
  conversation.followers[follower] = conversation.followers.back();
  conversation.followers.pop_back();
  if (follower < conversation.followers.size()) {
    const Follower& moved = conversation.followers[follower];
    moved.user->following[moved.index].index = follower;
  }
  std::vector<Follow>& following = gone.user->following;
  following[gone.index] = following.back();
  following.pop_back();
  if (gone.index < following.size()) {
    const Follow& moved = following[gone.index];
    moved.conversation->followers[moved.index].index = gone.index;
  }
  note_unused(conversation);
}

Follower* Hub::Impl::find_follower(Conversation& conversation, const UserEntry& user) {
  if (user.following.size() < conversation.followers.size()) {
    for (const Follow& follow : user.following) {
      if (follow.conversation == &conversation) return &conversation.followers[follow.index];
    }
    return nullptr;
  }
  for (Follower& follower : conversation.followers) {
    if (follower.user == &user) return &follower;
  }
  return nullptr;
}

// --- conversation.created ---

void Hub::Impl::take_joined(const EventPtr& event) {
  UserEntry* user = find_user(event->tenant_id, event->user_id);
  if (user == nullptr) return;
  if (!user->live) {
    if (user->attach && user->attach->joined.size() < kJoinedMax) user->attach->joined.push_back(event);
    return;
  }
  if (left_since(*user, *event)) return;
  Conversation& conversation = open_conversation(event->tenant_id, event->conversation_id);
  if (!conversation.known) return join_unknown(conversation, *user, *event);
  if (event->epoch != conversation.epoch) {
    pending(conversation).waiting_joins.push_back(event);
    return force_repair(conversation, 0);
  }
  if (const Follower* follower = find_follower(conversation, *user)) {
    if (std::max(follower->since, conversation.rev) >= event->rev) return;
    // The user left and came back, and the hub has not seen the leaving yet.
    Pending& held = pending(conversation);
    if (held.waiting_joins.size() < kJoinedMax) held.waiting_joins.push_back(event);
    return want(conversation, event->rev);
  }
  if (conversation.pending) {
    for (const Pending::Expected& expected : conversation.pending->expected) {
      if (expected.user_id == event->user_id && expected.rev > event->rev) return;  // of an earlier join
    }
  }
  const std::int64_t reached = conversation.rev;
  welcome(conversation, *user, event->frame, event->rev);
  if (reached > event->rev) go_back(conversation, *user, event->rev);
  want(conversation, event->rev);
}

/// Nobody here followed the conversation: the user's rev becomes the hub's position, and what was published before the
/// bus listened is read from the store.
void Hub::Impl::join_unknown(Conversation& conversation, UserEntry& user, const Event& joined) {
  const bool attach_subscribes = conversation.confirmed || conversation.pins != 0;
  Followed position;
  position.epoch = joined.epoch;
  position.rev = joined.rev;
  position.last_seq = joined.seq;
  welcome(conversation, user, joined.frame, joined.rev);
  note_position(conversation, position);
  if (attach_subscribes) {
    force_repair(conversation, 0);
  } else {
    subscribe(conversation);
  }
}

/// conversation.created, and from there on every durable event above `rev`.
void Hub::Impl::welcome(Conversation& conversation, UserEntry& user, std::string_view frame, std::int64_t rev) {
  to_user(user, frame);
  recheck_sessions(user);
  if (Follower* follower = find_follower(conversation, user)) {
    flush_run();
    follower->since = rev;
    conversation.since_max = std::max(conversation.since_max, rev);
  } else {
    follow(conversation, user, rev);
  }
}

/// Joins whose turn has come: the position has reached their rev. Of another epoch: once the store was asked.
void Hub::Impl::release_waiting_joins(Conversation& conversation, bool store_was_asked) {
  if (!conversation.pending || conversation.pending->waiting_joins.empty()) return;
  std::vector<EventPtr>& waiting = conversation.pending->waiting_joins;
  for (std::size_t i = 0; i < waiting.size();) {
    const bool same_epoch = waiting[i]->epoch == conversation.epoch;
    if (same_epoch ? waiting[i]->rev > conversation.rev : !store_was_asked) {
      i++;
      continue;
    }
    const EventPtr event = std::move(waiting[i]);
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
    UserEntry* user = find_user(event->tenant_id, event->user_id);
    if (user == nullptr || !user->live) continue;
    const std::int64_t rev = same_epoch ? event->rev : conversation.rev;
    const Follower* follower = find_follower(conversation, *user);
    if (follower == nullptr || follower->since < rev) welcome(conversation, *user, event->frame, rev);
  }
  note_unused(conversation);
}

// --- member events, in rev order ---

void Hub::Impl::members_left(Conversation& conversation, const Event& event) {
  FrameSlice slice;
  for (const std::string& user_id : event.left) {
    UserEntry* user = find_user(event.tenant_id, user_id);
    if (user == nullptr) continue;
    const bool news = note_departure(*user, event) && event.rev > conversation.members_seen;
    if (!user->live && user->attach) user->attach->left[conversation.generation] = event.rev;
    stop_expecting(conversation, user_id, event.rev);
    // Who does not follow is told too: a session may have learnt of the join by sync, before this hub did.
    const Follower* follower = find_follower(conversation, *user);
    if (follower != nullptr ? follower->since >= event.rev : !news) continue;
    flush_run();
    if (!slice) slice = pool_.put(event.frame_left);
    for (Session* session : user->sessions) push(*session, slice, false);
    if (follower == nullptr) continue;
    unfollow(conversation, static_cast<std::uint32_t>(follower - conversation.followers.data()));
  }
  conversation.members_seen = std::max(conversation.members_seen, event.rev);
}

/// conversation.created of a join before `rev` is no longer waited for.
void Hub::Impl::stop_expecting(Conversation& conversation, const std::string& user_id, std::int64_t rev) {
  if (!conversation.pending) return;
  std::erase_if(conversation.pending->expected,
                [&](const Pending::Expected& expected) { return expected.user_id == user_id && expected.rev < rev; });
}

void Hub::Impl::members_joined(Conversation& conversation, const Event& event) {
  for (const std::string& user_id : event.joined) {
    UserEntry* user = find_user(event.tenant_id, user_id);
    if (user == nullptr) continue;
    const Follower* follower = find_follower(conversation, *user);
    if (follower != nullptr) {
      if (follower->since >= event.rev) continue;
      // Left and came back in one step; the leaving is superseded.
      unfollow(conversation, static_cast<std::uint32_t>(follower - conversation.followers.data()));
    } else if (event.rev <= conversation.members_seen) {
      continue;  // seen before; told again for another user's sake
    }
    const std::int64_t due = steady_ms() + limits_.hole_grace_ms;
    stop_expecting(conversation, user_id, event.rev);
    pending(conversation).expected.push_back({user_id, event.rev, due});
    wake_at(due);
  }
  conversation.members_seen = std::max(conversation.members_seen, event.rev);
}

/// conversation.created did not come in time: it is lost. The hub says what it knows; the client syncs the rest.
void Hub::Impl::give_up_expecting(Conversation& conversation, std::int64_t now_ms) {
  std::vector<Pending::Expected>& waiting = pending(conversation).expected;
  if (waiting.empty()) return;
  const auto is_lost = [now_ms](const Pending::Expected& expected) { return expected.due_ms <= now_ms; };
  std::vector<Pending::Expected> lost;
  std::copy_if(waiting.begin(), waiting.end(), std::back_inserter(lost), is_lost);
  std::erase_if(waiting, is_lost);
  for (Pending::Expected& expected : lost) {
    UserEntry* user = find_user(conversation.topic.tenant_id(), expected.user_id);
    if (user == nullptr) continue;
    if (user->live) {
      join_unannounced(conversation, *user, expected.rev);
    } else {
      expected.due_ms = now_ms + limits_.hole_grace_ms;
      pending(conversation).expected.push_back(expected);
    }
  }
  note_unused(conversation);
}

void Hub::Impl::join_unannounced(Conversation& conversation, UserEntry& user, std::int64_t rev) {
  if (find_follower(conversation, user) != nullptr) return;
  Event joined;
  joined.kind = Event::Kind::joined;
  joined.tenant_id = conversation.topic.tenant_id();
  joined.conversation_id = conversation.topic.id();
  joined.user_id = user.topic.id();
  joined.epoch = conversation.epoch;
  joined.rev = rev;
  joined.seq = conversation.highest_seq;
  joined.frame = R"({"type":"conversation.created","data":{"conversation_id":)";
  append_json_string(joined.frame, joined.conversation_id);
  joined.frame += R"(,"rev":)" + std::to_string(rev) + R"(,"epoch":)";
  append_json_string(joined.frame, joined.epoch);
  joined.frame += "}}";
  take_joined(std::make_shared<const Event>(std::move(joined)));
}

/// The conversation goes back to `rev` for one user who follows it from there; the others have seen what comes again.
void Hub::Impl::go_back(Conversation& conversation, UserEntry& user, std::int64_t rev) {
  flush_run();
  const std::int64_t reached = conversation.rev;
  for (Follower& follower : conversation.followers) {
    if (follower.user != &user) follower.since = std::max(follower.since, reached);
  }
  conversation.since_max = std::max(conversation.since_max, reached);
  conversation.rev = rev;
  Pending& held = pending(conversation);
  held.wanted = std::max(held.wanted, reached);
  held.forced = true;
  if (!held.reading) repair(conversation);
}

// --- conversations that nobody here follows any more ---

void Hub::Impl::note_unused(Conversation& conversation) {
  if (is_unused(conversation) && !std::exchange(conversation.listed_unused, true)) unused_.push_back(&conversation);
}

bool Hub::Impl::is_unused(const Conversation& conversation) {
  return conversation.followers.empty() && conversation.pins == 0 &&
         (!conversation.pending ||
          (conversation.pending->expected.empty() && conversation.pending->waiting_joins.empty()));
}

void Hub::Impl::drop_unused_conversations() {
  std::vector<std::string> topics;
  for (Conversation* conversation : std::exchange(unused_, {})) {
    conversation->listed_unused = false;
    if (!is_unused(*conversation)) continue;
    busy_.erase(conversation);
    forget_streams(*conversation);
    topics.push_back(conversation->topic.text);
    conversations_.erase(conversations_.find(conversation->topic.text));
  }
  if (!topics.empty()) bus_.unsubscribe(subscriber_, topics);
}

// --- comparing with the store ---

void Hub::Impl::verify_all() {
  for (auto& [topic, user] : users_) verify(*user);
}

void Hub::Impl::verify(UserEntry& user) {
  if (!user.live || std::exchange(user.listed_verify, true)) return;
  to_verify_.emplace_back(user.topic.text, user.generation);
  verify_more();
}

void Hub::Impl::verify_more() {
  while (verifying_ < kVerifyingMax && !to_verify_.empty() && verify_resume_ms_ == 0) {
    const auto [topic, generation] = std::move(to_verify_.front());
    to_verify_.pop_front();
    UserEntry* user = find_user(topic, generation);
    if (user == nullptr) continue;
    user->listed_verify = false;
    verifying_++;
    auto done = [this, topic = topic, generation = generation](Result<std::vector<Followed>> read) {
      verifying_--;
      UserEntry* still = find_user(topic, generation);
      if (still != nullptr && read) {
        verified(*still, *read);
      } else if (still != nullptr) {
        verify_resume_ms_ = steady_ms() + limits_.repair_backoff_max_ms;
        wake_at(verify_resume_ms_);
        verify(*still);
      }
      verify_more();
    };
    store_.read_memberships(user->topic.tenant_id(), user->topic.id(), later(std::move(done)));
  }
}

void Hub::Impl::verified(UserEntry& user, const std::vector<Followed>& memberships) {
  const std::string tenant_id = user.topic.tenant_id();
  std::unordered_set<const Conversation*> present;
  for (const Followed& followed : memberships) {
    Conversation& conversation = open_conversation(tenant_id, followed.conversation_id);
    present.insert(&conversation);
    if (find_follower(conversation, user) != nullptr) {
      note_position(conversation, followed);
    } else {
      if (!conversation.known) conversation.epoch = followed.epoch;
      join_unannounced(conversation, user, followed.rev);
    }
  }
  for (const Follow& follow : user.following) {
    if (!present.contains(follow.conversation))
      force_repair(*follow.conversation, 0);  // it will say that the user left
  }
}

}  // namespace aiim
