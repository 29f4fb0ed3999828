// Presence: who is told of whom. A session names users; those who share a conversation with its user are watched, and
// each change of theirs is told once per window: what came and went in between is not. A session too slow to be told is
// told later, as things are then. When conversations gain or lose members, the lists that name them are judged again.
#include <algorithm>
#include <boost/asio/post.hpp>

#include "base/time.h"
#include "hub/impl.h"
#include "hub/presence_board.h"

namespace aiim {
namespace {

constexpr int kRecheckingMax = 2;           // reads at a time: this work may wait
constexpr std::size_t kRecheckIdsMax = 50;  // of one list; beyond them all of it is read
constexpr std::int64_t kRetryMs = 1'000;

auto entry_of(Watch& watch, std::string_view user_id) {
  auto found = std::lower_bound(watch.entries.begin(), watch.entries.end(), user_id,
                                [](const Watch::Entry& entry, std::string_view id) { return entry.user_id < id; });
  return found != watch.entries.end() && found->user_id == user_id ? found : watch.entries.end();
}

const Watched* find_visible(const std::vector<Watched*>& visible, std::string_view user_id) {
  const auto found = std::find_if(visible.begin(), visible.end(),
                                  [&](const Watched* each) { return each->presence.user_id == user_id; });
  return found == visible.end() ? nullptr : *found;
}

/// How all of these are: whoever is not visible is offline and was never seen.
std::vector<Presence> presences(const std::vector<std::string>& user_ids, const std::vector<Watched*>& visible) {
  std::unordered_map<std::string_view, const Watched*> by_id;
  for (const Watched* each : visible) by_id.emplace(each->presence.user_id, each);
  std::vector<Presence> all;
  for (const std::string& user_id : user_ids) {
    const auto found = by_id.find(user_id);
    all.push_back(found == by_id.end() ? Presence{user_id, PresenceState::offline, {}} : found->second->presence);
  }
  return all;
}

}  // namespace

// --- the own users ---

void Hub::Impl::announce(UserEntry& user, bool arrived, Session& session) {
  if (board_ == nullptr) return;
  const bool was_away = std::exchange(session.away_, std::uint8_t{0}) != 0;
  if (!arrived) return board_->leave(user.topic.text, was_away);
  if (auto change = board_->arrive(user.topic.text)) {
    bus_.publish({std::make_shared<const Event>(presence_change_event(*change))});
  }
}

void Hub::Impl::set_away(Session& session, Away why, bool away) {
  if (session.user_ == nullptr || board_ == nullptr) return;
  const auto bit = static_cast<std::uint8_t>(why);
  const auto now = static_cast<std::uint8_t>(away ? session.away_ | bit : session.away_ & ~bit);
  const std::uint8_t before = std::exchange(session.away_, now);
  if ((before == 0) == (now == 0)) return;
  if (auto change = board_->set_away(session.user_->topic.text, now != 0)) {
    bus_.publish({std::make_shared<const Event>(presence_change_event(*change))});
  }
}

// --- lists ---

Session* Hub::Impl::find_session(const WatchRef& ref) {
  const UserEntry* user = find_user(ref.user_topic, ref.generation);
  if (user == nullptr) return nullptr;
  for (Session* session : user->sessions) {
    if (session->session_id() != ref.session_id) continue;
    const Watch* watch = find_watch(*session);
    return watch != nullptr && watch->number == ref.number ? session : nullptr;
  }
  return nullptr;
}

Watch* Hub::Impl::find_watch(const Session& session) {
  const auto found = watches_.find(&session);
  return found == watches_.end() ? nullptr : found->second.get();
}

void Hub::Impl::watch(Session& session, std::vector<std::string> user_ids, WatchDone done) {
  if (session.user_ == nullptr || board_ == nullptr) {
    boost::asio::post(io_, [done = std::move(done)] { done(Error(ErrorCode::unavailable)); });
    return;
  }
  const UserEntry& user = *session.user_;
  std::unique_ptr<Watch>& list = watches_[&session];
  if (!list) list = std::make_unique<Watch>();
  list->number = next_number_++;
  list->recheck.clear();
  list->recheck_all = false;
  list->reading = true;
  std::sort(user_ids.begin(), user_ids.end());
  user_ids.erase(std::unique(user_ids.begin(), user_ids.end()), user_ids.end());
  const WatchRef ref{user.topic.text, user.generation, session.session_id(), list->number};
  auto answered = [this, ref, user_ids, tenant_id = user.topic.tenant_id(),
                   done = std::move(done)](Result<Acquaintances> read) {
    if (!read) {
      if (const Session* still = find_session(ref)) find_watch(*still)->reading = false;
      return done(read.error());
    }
    auto visible = pin_watched(tenant_id, *read);
    subscribe_watched(visible, [this, ref, user_ids, visible, done] {
      // Where another list came since, this one is only answered.
      if (Session* watcher = find_session(ref)) replace_watch(*watcher, user_ids, visible);
      std::vector<Presence> told = presences(user_ids, visible);
      unpin_watched(visible);
      done(std::move(told));
    });
  };
  store_.read_acquaintances(user.topic.tenant_id(), user.topic.id(), std::move(user_ids), later(std::move(answered)));
}

/// Entries for those who may be seen; they stay until unpinned.
std::vector<Watched*> Hub::Impl::pin_watched(std::string_view tenant_id, const Acquaintances& visible) {
  std::vector<Watched*> pinned;
  for (const HubStore::Acquaintance& each : visible) {
    const std::string topic = presence_topic(tenant_id, each.user_id);
    auto found = watched_.find(topic);
    if (found == watched_.end()) {
      auto made = std::make_unique<Watched>();
      made->topic = TopicName{topic, static_cast<std::uint32_t>(tenant_id.size())};
      const std::string_view name = made->topic.text;
      found = watched_.emplace(name, std::move(made)).first;
    }
    Watched& watched = *found->second;
    watched.pins++;
    if (!watched.known) {
      watched.presence.user_id = each.user_id;
      watched.presence.last_seen = each.last_seen;
    }
    pinned.push_back(&watched);
  }
  return pinned;
}

/// The board is read after the bus has confirmed: whatever changes later is delivered.
void Hub::Impl::subscribe_watched(const std::vector<Watched*>& watched, std::function<void()> confirmed) {
  std::vector<std::string> topics;
  for (const Watched* each : watched) {
    if (!each->known) topics.push_back(each->topic.text);
  }
  auto look = [this, watched, confirmed = std::move(confirmed)] {
    for (Watched* each : watched) {
      if (std::exchange(each->known, true)) continue;
      const PresenceChange now = board_->look(user_topic(each->topic.tenant_id(), each->topic.id()));
      const std::optional<Time> stored = each->presence.last_seen;
      if (each->version > now.version) continue;  // an event came before
      each->presence = now.presence;
      if (!each->presence.last_seen) each->presence.last_seen = stored;
      each->version = now.version;
      each->frame = presence_event(each->presence);
    }
    confirmed();
  };
  if (topics.empty()) return look();
  bus_.subscribe(subscriber_, std::move(topics), later(std::move(look)));
}

void Hub::Impl::unpin_watched(const std::vector<Watched*>& watched) {
  for (Watched* each : watched) {
    each->pins--;
    drop_watched(*each);
  }
}

void Hub::Impl::replace_watch(Session& session, const std::vector<std::string>& user_ids,
                              const std::vector<Watched*>& visible) {
  Watch& watch = *find_watch(session);
  watch.reading = false;
  for (Watch::Entry& entry : watch.entries) stop_watching(entry);
  watch.entries.clear();
  for (const std::string& user_id : user_ids) watch.entries.push_back({user_id, nullptr, 0});
  for (Watched* each : visible) {
    const auto entry = entry_of(watch, each->presence.user_id);
    if (entry == watch.entries.end()) continue;
    judge(session, watch, static_cast<std::uint32_t>(entry - watch.entries.begin()), each);
  }
}

/// The entry is, or is no more, for the session to see.
void Hub::Impl::judge(Session& session, Watch& watch, std::uint32_t index, Watched* visible) {
  Watch::Entry& entry = watch.entries[index];
  if (entry.watched == visible) return;
  if (entry.watched != nullptr) stop_watching(entry);
  if (visible == nullptr) return;
  entry.watched = visible;
  entry.index = static_cast<std::uint32_t>(visible->watchers.size());
  visible->watchers.push_back({&session, index, visible->presence.state});
}

void Hub::Impl::stop_watching(Watch::Entry& entry) {
  Watched* watched = std::exchange(entry.watched, nullptr);
  if (watched == nullptr) return;
  Watched::Watcher& place = watched->watchers[entry.index];
  place = watched->watchers.back();
  watched->watchers.pop_back();
  if (entry.index < watched->watchers.size()) {
    find_watch(*place.session)->entries[place.index].index = entry.index;
  }
  drop_watched(*watched);
}

void Hub::Impl::forget_watch(Session& session) {
  const auto found = watches_.find(&session);
  if (found == watches_.end()) return;
  for (Watch::Entry& entry : found->second->entries) stop_watching(entry);
  watches_.erase(found);
}

void Hub::Impl::drop_watched(Watched& watched) {
  if (!watched.watchers.empty() || watched.pins != 0) return;
  const std::string topic = watched.topic.text;
  watched_.erase(watched_.find(topic));
  bus_.unsubscribe(subscriber_, std::span(&topic, 1));
}

// --- changes ---

void Hub::Impl::take_presence(const Event& event) {
  const auto found = watched_.find(presence_topic(event.tenant_id, event.user_id));
  if (found == watched_.end()) return;
  Watched& watched = *found->second;
  const auto version = static_cast<std::uint64_t>(event.seq);
  if (version <= watched.version) return;
  watched.version = version;
  watched.presence.state = static_cast<PresenceState>(event.rev);
  watched.presence.last_seen = event.at;
  watched.frame = event.frame;
  presence_changed(watched, limits_.presence_window_ms);
}

/// After events may have been lost: as the board says now.
void Hub::Impl::refresh_watched() {
  for (auto& [topic, watched] : watched_) {
    if (!watched->known) continue;
    PresenceChange now = board_->look(user_topic(watched->topic.tenant_id(), watched->topic.id()));
    if (now.presence.state == watched->presence.state) continue;
    if (!now.presence.last_seen) now.presence.last_seen = watched->presence.last_seen;
    watched->presence = std::move(now.presence);
    watched->frame = presence_event(watched->presence);
    watched->version = now.version;
    presence_changed(*watched, limits_.presence_window_ms);
  }
}

void Hub::Impl::presence_changed(Watched& watched, std::int64_t delay_ms) {
  if (!std::exchange(watched.listed, true)) presence_changed_.push_back(watched.topic.text);
  if (presence_due_ms_ != 0) return;
  presence_due_ms_ = steady_ms() + delay_ms;
  wake_at(presence_due_ms_);
}

void Hub::Impl::tell_presence() {
  presence_due_ms_ = 0;
  std::vector<Watched*> again;
  for (const std::string& topic : std::exchange(presence_changed_, {})) {
    const auto found = watched_.find(topic);
    if (found == watched_.end()) continue;
    Watched& watched = *found->second;
    watched.listed = false;
    flush_run();
    FrameSlice slice;
    bool refused = false;
    for (Watched::Watcher& watcher : watched.watchers) {
      if (watcher.sent == watched.presence.state) continue;
      if (watcher.session->outbox.bytes() > limits_.outbox_bytes_soft) {
        counts_.ephemeral_dropped++;
        refused = true;
        continue;
      }
      if (!slice) slice = pool_.put(watched.frame);
      watcher.sent = watched.presence.state;
      counts_.presence_told++;
      push(*watcher.session, slice, true);
    }
    if (refused) again.push_back(&watched);
  }
  for (Watched* watched : again) presence_changed(*watched, kRetryMs);
}

// --- who may see whom ---

/// Before the followers of the conversation change: those who watch somebody who came or went, and those who went.
void Hub::Impl::members_changed(Conversation& conversation, const Event& event) {
  const auto note = [&](Session& session, const std::string& user_id) {
    Watch* watch = find_watch(session);
    if (watch == nullptr || watch->recheck_all) return;
    watch->recheck.push_back(user_id);
    if (watch->recheck.size() > kRecheckIdsMax) watch->recheck_all = true;
    recheck_later(session, *watch);
  };
  for (const Follower& follower : conversation.followers) {
    for (Session* session : follower.user->sessions) {
      if (!watches_.contains(session)) continue;
      for (const std::string& user_id : event.left) note(*session, user_id);
      for (const std::string& user_id : event.joined) note(*session, user_id);
    }
  }
  // Those who joined are judged when they are welcomed.
  for (const std::string& user_id : event.left) {
    if (UserEntry* user = find_user(event.tenant_id, user_id)) recheck_sessions(*user);
  }
}

void Hub::Impl::recheck_sessions(UserEntry& user) {
  for (Session* session : user.sessions) {
    Watch* watch = find_watch(*session);
    if (watch == nullptr) continue;
    watch->recheck_all = true;
    recheck_later(*session, *watch);
  }
}

void Hub::Impl::recheck_later(Session& session, Watch& watch) {
  if (std::exchange(watch.listed, true)) return;
  to_recheck_.push_back({session.user_->topic.text, session.user_->generation, session.session_id(), watch.number});
  if (recheck_resume_ms_ != 0) return;
  recheck_resume_ms_ = steady_ms() + limits_.presence_window_ms;  // more may come
  wake_at(recheck_resume_ms_);
}

void Hub::Impl::recheck_more() {
  while (rechecking_ < kRecheckingMax && !to_recheck_.empty() && recheck_resume_ms_ == 0) {
    WatchRef ref = std::move(to_recheck_.front());
    to_recheck_.pop_front();
    const UserEntry* user = find_user(ref.user_topic, ref.generation);
    if (user == nullptr) continue;
    for (const Session* session : user->sessions) {
      if (session->session_id() == ref.session_id) ref.number = find_watch(*session) ? find_watch(*session)->number : 0;
    }
    const Session* session = find_session(ref);
    if (session == nullptr) continue;
    Watch& watch = *find_watch(*session);
    if (watch.reading) {  // once it is answered
      to_recheck_.push_back(std::move(ref));
      recheck_resume_ms_ = steady_ms() + limits_.presence_window_ms;
      wake_at(recheck_resume_ms_);
      return;
    }
    watch.listed = false;
    std::vector<std::string> asked = std::exchange(watch.recheck, {});
    if (std::exchange(watch.recheck_all, false)) {
      asked.clear();
      for (const Watch::Entry& entry : watch.entries) asked.push_back(entry.user_id);
    }
    std::erase_if(asked, [&](const std::string& id) { return entry_of(watch, id) == watch.entries.end(); });
    if (asked.empty()) continue;
    watch.reading = true;
    rechecking_++;
    auto answered = [this, ref, asked](Result<Acquaintances> read) {
      rechecking_--;
      rechecked(ref, asked, std::move(read));
      recheck_more();
    };
    store_.read_acquaintances(user->topic.tenant_id(), user->topic.id(), std::move(asked), later(std::move(answered)));
  }
}

void Hub::Impl::rechecked(const WatchRef& ref, std::vector<std::string> asked, Result<Acquaintances> read) {
  Session* session = find_session(ref);
  if (session == nullptr) return;
  if (!read) {
    Watch& watch = *find_watch(*session);
    watch.reading = false;
    watch.recheck_all = true;
    recheck_resume_ms_ = steady_ms() + kRetryMs;
    wake_at(recheck_resume_ms_);
    return recheck_later(*session, watch);
  }
  auto visible = pin_watched(session->user_->topic.tenant_id(), *read);
  subscribe_watched(visible, [this, ref, asked = std::move(asked), visible] {
    if (Session* watcher = find_session(ref)) {
      Watch& watch = *find_watch(*watcher);
      watch.reading = false;
      for (const std::string& user_id : asked) {
        const auto entry = entry_of(watch, user_id);
        auto* sees = const_cast<Watched*>(find_visible(visible, user_id));
        if (entry == watch.entries.end() || (entry->watched != nullptr) == (sees != nullptr)) continue;
        const PresenceState before =
            entry->watched ? entry->watched->watchers[entry->index].sent : PresenceState::offline;
        const Presence now = sees ? sees->presence : Presence{user_id, PresenceState::offline, {}};
        judge(*watcher, watch, static_cast<std::uint32_t>(entry - watch.entries.begin()), sees);
        if (now.state != before) send(*watcher, presence_event(now), false);
      }
    }
    unpin_watched(visible);
  });
}

}  // namespace aiim
