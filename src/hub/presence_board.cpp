#include "hub/presence_board.h"

#include "base/check.h"

namespace aiim {

Event presence_change_event(const PresenceChange& change) {
  Event event;
  event.kind = Event::Kind::presence;
  event.tenant_id = change.tenant_id;
  event.user_id = change.presence.user_id;
  event.rev = static_cast<std::int64_t>(change.presence.state);
  event.seq = static_cast<std::int64_t>(change.version);
  event.at = change.presence.last_seen.value_or(Time{});
  event.frame = presence_event(change.presence);
  return event;
}

std::optional<PresenceChange> PresenceBoard::arrive(const std::string& topic) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[topic];
  entry.sessions++;
  return settle(topic, entry);
}

void PresenceBoard::leave(const std::string& topic, bool was_away) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(topic);
  AIIM_CHECK(found != entries_.end() && found->second.sessions > 0);
  Entry& entry = found->second;
  entry.sessions--;
  if (was_away) entry.away--;
  entry.last_seen = clock_.now();
  entry.leaving++;
  leaving_.push_back({steady_ms() + grace_ms_, topic});
}

std::optional<PresenceChange> PresenceBoard::set_away(const std::string& topic, bool away) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(topic);
  if (found == entries_.end()) return std::nullopt;
  away ? found->second.away++ : found->second.away--;
  return settle(topic, found->second);
}

std::vector<PresenceChange> PresenceBoard::expire(std::size_t limit) {
  std::vector<PresenceChange> changes;
  const std::int64_t now = steady_ms();
  std::lock_guard lock(mutex_);
  while (changes.size() < limit && !leaving_.empty() && leaving_.front().due_ms <= now) {
    const std::string topic = std::move(leaving_.front().topic);
    leaving_.pop_front();
    const auto found = entries_.find(topic);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    if (--entry.leaving > 0) continue;  // came back and left since: the grace goes on
    if (entry.sessions > 0) {
      if (auto change = settle(topic, entry)) changes.push_back(std::move(*change));
      continue;
    }
    entry.shown = PresenceState::offline;
    version_++;
    changes.push_back(change_of(topic, entry));
    entries_.erase(found);
  }
  return changes;
}

PresenceChange PresenceBoard::look(const std::string& topic) const {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(topic);
  PresenceChange change = change_of(topic, found == entries_.end() ? Entry{} : found->second);
  if (found == entries_.end()) change.presence.last_seen.reset();
  return change;
}

std::vector<PresenceChange> PresenceBoard::everybody() const {
  std::lock_guard lock(mutex_);
  std::vector<PresenceChange> all;
  for (const auto& [topic, entry] : entries_) all.push_back(change_of(topic, entry));
  return all;
}

/// What others see follows what is; a user without sessions is seen as before until the grace is over.
std::optional<PresenceChange> PresenceBoard::settle(const std::string& topic, Entry& entry) {
  if (entry.sessions == 0) return std::nullopt;
  const PresenceState state = entry.away == entry.sessions ? PresenceState::away : PresenceState::online;
  if (state == entry.shown) return std::nullopt;
  if (state == PresenceState::away) entry.last_seen = clock_.now();
  entry.shown = state;
  version_++;
  return change_of(topic, entry);
}

PresenceChange PresenceBoard::change_of(const std::string& topic, const Entry& entry) const {
  PresenceChange change;
  const std::size_t slash = topic.find('/', 2);
  change.tenant_id = topic.substr(2, slash - 2);
  change.presence.user_id = topic.substr(slash + 1);
  change.presence.state = entry.shown;
  change.presence.last_seen = entry.shown == PresenceState::online ? clock_.now() : entry.last_seen;
  change.version = version_;
  return change;
}

}  // namespace aiim
