// What a hub keeps: one entry per user with sessions here, one per conversation that any of them follows, and the
// rarely needed rest (an attach under way, a hole, receipts) behind a pointer. Private to src/hub.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "core/event.h"
#include "hub/session.h"
#include "wire/presence.h"

namespace aiim {

using EventPtr = EventBatch::value_type;

/// A topic's name that knows its parts: "c/<tenant>/<conversation>" or "u/<tenant>/<user>".
struct TopicName {
  std::string text;
  std::uint32_t tenant_bytes = 0;

  std::string tenant_id() const { return text.substr(2, tenant_bytes); }
  std::string id() const { return text.substr(3 + tenant_bytes); }
};

/// One conversation that a user follows, with the place of its Follower there.
struct Follow {
  struct Conversation* conversation;
  std::uint32_t index;
};

/// One user that follows a conversation, with the place of its Follow there. Durable events up to `since` are not for
/// it: its sessions learn of those by sync, or by conversation.created.
struct Follower {
  UserEntry* user;
  std::int64_t since;
  std::uint32_t index;
};

/// Sessions on their way in.
struct Attach {
  struct Waiter {
    Session* session;
    std::function<void(Result<>)> ready;
  };
  std::vector<Waiter> waiters;
  bool posted = false;  // for a user who is live already
  // The rest is for a user's first session.
  int rounds = 0;
  std::unordered_set<Conversation*> pinned;              // entries that must stay until the positions are known
  std::unordered_map<std::uint64_t, std::int64_t> left;  // by generation: the user left at this rev meanwhile
  std::vector<EventPtr> joined;                          // arrived meanwhile; taken once live
  bool revoked = false;                                  // the same
};

/// A stream that is being written, as this worker shows it: at most one delta per window, of all appends that came in
/// it.
struct LiveStream {
  std::int64_t sent_n = 0;     // up to here deltas went out; 0: none yet
  std::vector<EventPtr> held;  // the appends after it
  std::size_t held_bytes = 0;
  std::int64_t next_ms = 0;  // the next delta goes out no earlier
  std::int64_t due_ms = 0;   // when `held` goes out; 0: nothing is held
  std::int64_t touched_ms = 0;
  bool ended = false;  // its end was forwarded: what comes late is dropped
  // Sessions that read what they lacked from the store and so stand elsewhere than everybody else, until the next
  // delta.
  struct Watcher {
    Session* session;
    std::int64_t n;                   // where it stands once it has that
    bool waiting = true;              // it was not given it yet
    std::vector<std::string> frames;  // for afterwards
  };
  std::vector<Watcher> watchers;
};
using LiveStreams = std::map<std::string, LiveStream, std::less<>>;  // by stream_id

struct UserEntry {
  TopicName topic;
  std::uint64_t generation = 0;  // callbacks that come late recognize another entry of the same name
  std::vector<Session*> sessions;
  std::vector<Follow> following;
  std::unique_ptr<Attach> attach;
  // What the user left lately, and when: the conversation.created of an earlier join may still be on its way.
  struct Departure {
    std::string conversation_id;
    std::string epoch;
    std::int64_t rev;
  };
  std::vector<Departure> departures;
  bool live = false;  // follows everything; events go to its sessions
  bool listed_idle = false;
  bool listed_verify = false;
};

/// A conversation in which something is out of the ordinary.
struct Pending {
  std::map<std::int64_t, EventPtr> held;  // behind a hole, or before the position is known; by rev
  std::size_t held_bytes = 0;
  std::int64_t wanted = 0;  // a rev that the store is known to have reached
  bool forced = false;      // ask the store even if no hole is known
  bool reading = false;
  std::uint64_t read_number = 0;
  std::int64_t due_ms = 0;  // when to ask the store; 0: not
  std::int64_t backoff_ms = 0;

  // conversation.created frames that came before their turn, for followers who must first be seen to leave.
  std::vector<EventPtr> waiting_joins;
  // Users who joined at a rev already forwarded, whose conversation.created has not come yet.
  struct Expected {
    std::string user_id;
    std::int64_t rev;
    std::int64_t due_ms;
  };
  std::vector<Expected> expected;
  std::vector<EventPtr> receipts;  // the latest of each reader

  // Who types, as this hub's sessions see it.
  struct Typist {
    std::string user_id;
    std::string session_id;     // where it was said last: not told
    std::int64_t until_ms = 0;  // unless it is said again; 0: stopped
    std::int64_t told_ms = 0;   // when `start` was told last
    bool shown = false;
  };
  std::vector<Typist> typists;
  std::int64_t typing_due_ms = 0;  // no further `start` of this conversation before
};

/// A user whose presence sessions here watch.
struct Watched {
  struct Watcher {
    Session* session;
    std::uint32_t index;  // in the session's Watch
    PresenceState sent;
  };
  TopicName topic;  // of presence
  Presence presence;
  std::string frame;  // the presence as an event
  std::uint64_t version = 0;
  std::vector<Watcher> watchers;
  std::uint32_t pins = 0;  // by requests under way
  bool known = false;      // the bus confirmed the subscription, and the board was read after it
  bool listed = false;     // in Impl::presence_changed_
};

/// Whom one session watches.
struct Watch {
  struct Entry {
    std::string user_id;
    Watched* watched = nullptr;  // null: not for the session to see
    std::uint32_t index = 0;     // of the Watcher there
  };
  std::vector<Entry> entries;        // in order of user_id
  std::uint64_t number = 0;          // of the list; answers that are about an earlier one change nothing
  std::vector<std::string> recheck;  // those who may be seen no more, or again
  bool recheck_all = false;
  bool reading = false;  // who may be seen
  bool listed = false;   // in Impl::to_recheck_
};

struct Conversation {
  TopicName topic;
  std::uint64_t generation = 0;
  std::string epoch;
  std::int64_t rev = 0;           // the last that was forwarded
  std::int64_t started = 0;       // where the position was taken from the store: nothing before it was seen here
  std::int64_t highest_seq = 0;   // of a message.created forwarded
  std::int64_t members_seen = 0;  // member changes up to this rev were acted upon: `rev` may go back for one user
  std::int64_t since_max = 0;     // no follower's `since` is above
  std::vector<Follower> followers;
  std::unique_ptr<Pending> pending;
  std::unique_ptr<LiveStreams> streams;  // only where something is written
  std::uint32_t pins = 0;
  bool known = false;      // epoch and rev are set
  bool confirmed = false;  // the bus confirmed the subscription
  bool listed_unused = false;
};

}  // namespace aiim
