// Who is connected to this process, and whether anybody is looking: one entry per user with sessions, shared by all
// workers. Thread-safe. Sessions come and go; what others are told changes less often: who leaves is there for a grace
// yet, so that a connection that is made anew shows nothing.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "core/event.h"
#include "wire/presence.h"

namespace aiim {

/// A user's presence, and its place among all changes of anybody: of two the higher one is newer.
struct PresenceChange {
  std::string tenant_id;
  Presence presence;
  std::uint64_t version = 0;
};
/// What hubs are told.
Event presence_change_event(const PresenceChange& change);

class PresenceBoard {
 public:
  PresenceBoard(const Clock& clock, std::int64_t grace_ms) : clock_(clock), grace_ms_(grace_ms) {}

  // `topic`: the user's ("u/<tenant>/<user>"). Each returns what others must be told, if anything.
  std::optional<PresenceChange> arrive(const std::string& topic);
  void leave(const std::string& topic, bool was_away);
  /// One session of the user went away, or came back.
  std::optional<PresenceChange> set_away(const std::string& topic, bool away);
  /// Whose grace has run out, at most `limit`.
  std::vector<PresenceChange> expire(std::size_t limit);

  /// How things are; whatever changes later has a higher version. Unknown users are offline.
  PresenceChange look(const std::string& topic) const;
  /// Everybody who is there, as if they left now: for the end of the process.
  std::vector<PresenceChange> everybody() const;

 private:
  struct Entry {
    std::uint32_t sessions = 0;
    std::uint32_t away = 0;     // of them
    std::uint32_t leaving = 0;  // entries of leaving_
    PresenceState shown = PresenceState::offline;
    Time last_seen;
  };
  struct Leaving {
    std::int64_t due_ms;
    std::string topic;
  };

  std::optional<PresenceChange> settle(const std::string& topic, Entry& entry);
  PresenceChange change_of(const std::string& topic, const Entry& entry) const;

  const Clock& clock_;
  const std::int64_t grace_ms_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<Leaving> leaving_;  // in order of due_ms
  std::uint64_t version_ = 0;
};

}  // namespace aiim
