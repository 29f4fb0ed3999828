// Users and sessions come and go. A user's first session on this worker subscribes to the user's topic, reads the
// memberships, subscribes to conversations that nobody here followed yet, and reads again where that was needed: what
// happened between the first read and the subscription is then known. Further sessions find everything in place.
#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/check.h"
#include "base/time.h"
#include "hub/impl.h"

namespace aiim {
namespace {

constexpr int kRoundsMax = 8;  // memberships that change faster than they can be read

}  // namespace

void Hub::Impl::attach(Session& session, std::string tenant_id, std::string user_id,
                       std::function<void(Result<>)> ready) {
  AIIM_CHECK(session.user_ == nullptr && !attaching_.contains(&session));
  UserEntry* user = find_user(tenant_id, user_id);
  if (user == nullptr) {
    auto made = std::make_unique<UserEntry>();
    user = made.get();
    user->topic = TopicName{user_topic(tenant_id, user_id), static_cast<std::uint32_t>(tenant_id.size())};
    user->generation = next_number_++;
    users_.emplace(user->topic.text, std::move(made));
  }
  const bool first = !user->live && !user->attach;
  if (!user->attach) user->attach = std::make_unique<Attach>();
  user->attach->waiters.push_back({&session, std::move(ready)});
  attaching_.emplace(&session, user);
  if (first) {
    bus_.subscribe(subscriber_, {user->topic.text},
                   later([this, topic = user->topic.text, generation = user->generation] {
                     if (UserEntry* still = find_user(topic, generation)) read_memberships(*still);
                   }));
  } else if (user->live && !std::exchange(user->attach->posted, true)) {
    boost::asio::post(io_, later([this, topic = user->topic.text, generation = user->generation] {
                        if (UserEntry* still = find_user(topic, generation)) admit_waiters(*still);
                      }));
  }
}

void Hub::Impl::detach(Session& session) {
  std::erase(slow_, &session);
  const auto attaching = attaching_.find(&session);
  if (attaching != attaching_.end()) {
    UserEntry& user = *attaching->second;
    attaching_.erase(attaching);
    if (user.attach) {
      std::erase_if(user.attach->waiters, [&](const Attach::Waiter& waiter) { return waiter.session == &session; });
    }
    note_idle(user);
  } else if (session.user_ != nullptr) {
    remove_session(session);
  }
}

void Hub::Impl::read_memberships(UserEntry& user) {
  store_.read_memberships(
      user.topic.tenant_id(), user.topic.id(),
      later([this, topic = user.topic.text, generation = user.generation](Result<std::vector<Followed>> read) {
        if (UserEntry* still = find_user(topic, generation)) {
          memberships_read(*still, std::move(read));
        }
      }));
}

void Hub::Impl::memberships_read(UserEntry& user, Result<std::vector<Followed>> read) {
  if (!read) return fail_attach(user, read.error());
  std::vector<std::string> topics;
  std::vector<std::uint64_t> generations;
  for (const Followed& followed : *read) {
    Conversation& conversation = open_conversation(user.topic.tenant_id(), followed.conversation_id);
    if (user.attach->pinned.insert(&conversation).second) conversation.pins++;
    if (conversation.confirmed) continue;
    topics.push_back(conversation.topic.text);
    generations.push_back(conversation.generation);
  }
  if (topics.empty() && settle_positions(user, *read)) return go_live(user, *read);
  if (++user.attach->rounds > kRoundsMax) {
    return fail_attach(user, Error(ErrorCode::unavailable, "Memberships are changing too fast."));
  }
  if (topics.empty()) return read_memberships(user);
  auto confirmed = [this, topics, generations, topic = user.topic.text, generation = user.generation] {
    for (std::size_t i = 0; i < topics.size(); i++) {
      Conversation* conversation = find_conversation(topics[i], generations[i]);
      if (conversation == nullptr || std::exchange(conversation->confirmed, true)) continue;
      if (conversation->known) force_repair(*conversation, 0);  // somebody joined meanwhile
    }
    if (UserEntry* still = find_user(topic, generation)) read_memberships(*still);
  };
  bus_.subscribe(subscriber_, std::move(topics), later(std::move(confirmed)));
}

/// Positions first: events that waited for them may say that the user left meanwhile. False where the reading is older
/// than what this hub has seen of a conversation, so that a leaving in between would go unnoticed.
bool Hub::Impl::settle_positions(UserEntry& user, const std::vector<Followed>& memberships) {
  bool usable = true;
  for (const Followed& followed : memberships) {
    Conversation& conversation = *find_conversation(user.topic.tenant_id(), followed.conversation_id);
    note_position(conversation, followed);
    if (followed.epoch == conversation.epoch && followed.rev < conversation.started) usable = false;
  }
  return usable;
}

void Hub::Impl::go_live(UserEntry& user, const std::vector<Followed>& memberships) {
  Attach& attach = *user.attach;
  bool compare = false;
  for (const Followed& followed : memberships) {
    Conversation& conversation = *find_conversation(user.topic.tenant_id(), followed.conversation_id);
    const auto left = attach.left.find(conversation.generation);
    if (left != attach.left.end() && left->second > followed.rev) continue;
    const bool same_epoch = followed.epoch == conversation.epoch;
    follow(conversation, user, same_epoch ? followed.rev : 0);
    compare = compare || !same_epoch;
  }
  unpin_all(user);
  user.live = true;
  const std::vector<EventPtr> joined = std::move(attach.joined);
  const bool revoked = attach.revoked;
  admit_waiters(user);
  for (const EventPtr& event : joined) take_joined(event);
  if (revoked) check_credentials(user);
  if (compare) verify(user);
}

/// The sessions become live; each then says hello, before anything else enters its outbox.
void Hub::Impl::admit_waiters(UserEntry& user) {
  if (!user.attach) return;
  const std::unique_ptr<Attach> attach = std::move(user.attach);
  for (Attach::Waiter& waiter : attach->waiters) {
    const auto attaching = attaching_.find(waiter.session);  // gone if an earlier one's `ready` detached it
    if (attaching == attaching_.end() || attaching->second != &user) continue;
    attaching_.erase(attaching);
    add_session(user, *waiter.session);
    waiter.ready({});
  }
  note_idle(user);
}

void Hub::Impl::fail_attach(UserEntry& user, const Error& error) {
  unpin_all(user);
  const std::vector<Attach::Waiter> waiters = std::move(user.attach->waiters);
  user.attach.reset();
  for (const Attach::Waiter& waiter : waiters) {
    if (attaching_.erase(waiter.session) != 0) waiter.ready(error);
  }
  note_idle(user);
}

void Hub::Impl::unpin_all(UserEntry& user) {
  for (Conversation* conversation : user.attach->pinned) {
    conversation->pins--;
    note_unused(*conversation);
  }
  user.attach->pinned.clear();
}

void Hub::Impl::add_session(UserEntry& user, Session& session) {
  flush_run();
  session.user_ = &user;
  session.index_in_user_ = static_cast<std::uint32_t>(user.sessions.size());
  user.sessions.push_back(&session);
  sessions_++;
  announce(user, true, session);
}

void Hub::Impl::remove_session(Session& session) {
  flush_run();
  UserEntry& user = *session.user_;
  if (session.watching_ > 0) {
    for (const Follow& follow : user.following) forget_watcher(*follow.conversation, session);
  }
  announce(user, false, session);
  forget_watch(session);
  Session* last = user.sessions.back();
  user.sessions[session.index_in_user_] = last;
  last->index_in_user_ = session.index_in_user_;
  user.sessions.pop_back();
  session.user_ = nullptr;
  sessions_--;
  note_idle(user);
}

void Hub::Impl::note_idle(UserEntry& user) {
  const bool idle = user.sessions.empty() && (!user.attach || user.attach->waiters.empty());
  if (idle && !std::exchange(user.listed_idle, true)) idle_.push_back(&user);
}

void Hub::Impl::drop_idle_users() {
  std::vector<std::string> topics;
  for (UserEntry* user : std::exchange(idle_, {})) {
    user->listed_idle = false;
    if (!user->sessions.empty() || (user->attach && !user->attach->waiters.empty())) continue;
    while (!user->following.empty()) {
      const Follow follow = user->following.back();
      unfollow(*follow.conversation, follow.index);
    }
    if (user->attach) unpin_all(*user);
    topics.push_back(user->topic.text);
    users_.erase(users_.find(user->topic.text));
  }
  if (!topics.empty()) bus_.unsubscribe(subscriber_, topics);
}

// --- credentials ---

void Hub::Impl::check_credentials(UserEntry& user) {
  std::vector<std::string> distinct;
  for (const Session* session : user.sessions) {
    const std::string_view credential = session->credential_id();
    if (std::find(distinct.begin(), distinct.end(), credential) == distinct.end()) distinct.emplace_back(credential);
  }
  for (const std::string& credential : distinct) {
    store_.check_credentials(
        user.topic.tenant_id(), user.topic.id(), credential,
        later([this, credential, topic = user.topic.text, generation = user.generation](Result<> allowed) {
          UserEntry* still = find_user(topic, generation);
          if (still == nullptr || allowed) return;
          if (info(allowed.error().code).retryable) return check_again(*still);
          end_revoked(*still, credential);
        }));
  }
}

/// The store could not say: nobody else will ask, so it is asked until it does.
void Hub::Impl::check_again(UserEntry& user) {
  to_check_.emplace(user.topic.text, user.generation);
  if (check_due_ms_ != 0) return;
  check_due_ms_ = steady_ms() + limits_.repair_backoff_max_ms;
  wake_at(check_due_ms_);
}

void Hub::Impl::check_more(std::int64_t now_ms) {
  if (check_due_ms_ == 0 || check_due_ms_ > now_ms) return;
  check_due_ms_ = 0;
  for (const auto& [topic, generation] : std::exchange(to_check_, {})) {
    if (UserEntry* user = find_user(topic, generation)) check_credentials(*user);
  }
}

void Hub::Impl::end_revoked(UserEntry& user, const std::string& credential_id) {
  const std::vector<Session*> sessions = user.sessions;
  for (Session* session : sessions) {
    if (session->user_ != &user || session->credential_id() != credential_id) continue;
    detach(*session);
    session->end(4401, "unauthenticated");
  }
}

}  // namespace aiim
