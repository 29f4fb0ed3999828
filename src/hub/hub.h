// A worker's switchboard: which conversations its sessions follow, and the order in which each is told. One thread.
//
// For each followed conversation the hub knows the last rev it forwarded (and the highest seq). An event with
// after <= position is forwarded; a hole is first repaired from the store through HubStore::read_changes, after at most
// 50 ms of grace. Sessions get each durable event once and in rev order. Subscriptions change when member events are
// forwarded, so that nothing later leaks to somebody who left.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/event.h"
#include "hub/session.h"
#include "wire/presence.h"

namespace aiim {

class Bus;
class PresenceBoard;

/// A position in one conversation, as read from the store.
struct Followed {
  std::string conversation_id;
  std::string epoch;
  std::int64_t rev = 0;
  std::int64_t last_seq = 0;
};

/// What the hub asks of the layers above; each answers by calling `done` on the hub's own thread, later.
struct HubStore {
  /// The conversations of which the user is a member now.
  std::function<void(std::string tenant_id, std::string user_id,
                     std::function<void(Result<std::vector<Followed>>)> done)>
      read_memberships;
  /// The durable changes after `rev` as events in rev order (`after` chained from `rev`); a message above
  /// `highest_seq` is message.created, else message.updated. `more`: the list was cut, ask again.
  struct Changes {
    std::vector<std::shared_ptr<const Event>> events;
    std::string epoch;
    std::int64_t rev = 0;  // position after these events
    bool more = false;
    bool gone = false;  // the conversation no longer exists
    // Another epoch, or too far: `events` go out as they are, whatever their `after`; without any the hub says
    // conversation.updated {conversation_id, epoch}. An epoch that is not the hub's counts as a reset even if unset.
    bool reset = false;
  };
  std::function<void(std::string tenant_id, std::string conversation_id, std::int64_t rev, std::int64_t highest_seq,
                     std::function<void(Result<Changes>)> done)>
      read_changes;
  /// Those of `user_ids` who share a conversation with the user, and when they were last seen.
  struct Acquaintance {
    std::string user_id;
    std::optional<Time> last_seen;
  };
  std::function<void(std::string tenant_id, std::string user_id, std::vector<std::string> user_ids,
                     std::function<void(Result<std::vector<Acquaintance>>)> done)>
      read_acquaintances;
  /// Is this user (and this credential) still allowed? Else the code to close with.
  std::function<void(std::string tenant_id, std::string user_id, std::string credential_id,
                     std::function<void(Result<> allowed)> done)>
      check_credentials;
};

struct HubLimits {
  std::size_t outbox_bytes_soft = 256 * 1024;  // ephemeral events are dropped above this
  // Above this the session is closed with 4008. An empty outbox takes a frame of any size, and that one counts for
  // nothing until the outbox is empty again: nobody was slow yet, and a reply may be longer than the limit.
  std::size_t outbox_bytes_max = 1024 * 1024;
  std::int64_t receipt_window_ms = 200;
  // A stream's deltas are that far apart. Above stream_audience sessions the window grows with them, since each delta
  // costs a frame for everybody.
  std::int64_t stream_window_ms = 40;
  std::int64_t stream_window_max_ms = 120;
  std::size_t stream_audience = 100;
  std::size_t stream_held_bytes_max = 64 * 1024;  // of one stream's appends; then its delta goes out early
  std::int64_t stream_forget_ms = 60'000;         // after the last sign of it
  std::int64_t hole_grace_ms = 50;
  std::size_t pending_events_max = 10'000;  // held back behind a hole, per conversation; then dropped and repaired
  std::size_t pending_bytes_max = 8 * 1024 * 1024;  // the same in bytes
  std::int64_t repair_backoff_min_ms = 100;         // after a read that failed; doubles
  std::int64_t repair_backoff_max_ms = 5'000;
  std::int64_t presence_window_ms = 200;  // a user's changes of presence are told once per window
  std::int64_t typing_ms = 6'000;         // who does not say again that they type, stopped
  std::int64_t typing_again_ms = 2'000;   // a `start` repeated sooner is not told again
  std::int64_t typing_pause_ms = 1'000;   // at least between two `start` of one user
  std::size_t typists_max = 50;           // of one conversation; further ones are not told of
  std::int64_t typing_per_s = 2'000;      // a conversation's `start` times its followers, about
};

/// What a hub did so far, for metrics. Read on the hub's thread.
struct HubCounts {
  std::uint64_t frames = 0;             // put into outboxes
  std::uint64_t repairs = 0;            // read_changes asked
  std::uint64_t repairs_failed = 0;     //
  std::uint64_t held_dropped = 0;       // events that did not fit behind a hole
  std::uint64_t ephemeral_dropped = 0;  // frames not given to slow sessions
  std::uint64_t slow_consumers = 0;     // sessions ended with 4008
  std::uint64_t presence_told = 0;      // presence events put into outboxes
  std::uint64_t typing_told = 0;        // typing events, each for all followers of a conversation
};

class Hub {
 public:
  Hub(boost::asio::io_context& io, Bus& bus, HubStore store, HubLimits limits, PresenceBoard* board = nullptr);
  ~Hub();

  /// Subscribes to everything the user may see, reads where each conversation stands, then calls `ready`, never from
  /// inside attach(). There the session sends `hello`: it is live, and nothing was put into its outbox yet. After an
  /// error, or detach() before `ready`, it is not attached. The session must detach() before it dies.
  void attach(Session& session, std::string tenant_id, std::string user_id, std::function<void(Result<>)> ready);
  void detach(Session& session);  // harmless where it is not attached, e.g. after end()

  /// Puts one frame into one session's outbox; enforces the limits. A session above outbox_bytes_max is detached, then
  /// its end(4008, "slow_consumer") is called.
  void send(Session& session, std::string_view json, bool droppable = false);

  /// A session of a member has read from the store what it lacked of a stream up to append `n`. False: later appends
  /// have gone out already, or the stream has ended: read again. True: its deltas go on after `n`, once caught_up() was
  /// called; until then none goes to it.
  bool catch_up(Session& session, std::string_view tenant_id, std::string_view conversation_id,
                std::string_view stream_id, std::int64_t n);
  /// Sends what was read (empty: it lacked nothing), then the deltas that came meanwhile.
  void caught_up(Session& session, std::string_view tenant_id, std::string_view conversation_id,
                 std::string_view stream_id, std::string_view frame);
  /// The session's user types in a conversation of theirs, or stopped. Told to the other sessions of all members; a
  /// user who says nothing more stopped. What is said too often is dropped.
  void typing(Session& session, std::string_view conversation_id, TypingState state);
  /// Replaces the users whose presence the session is told (at most watched_max), and says how they are; who shares no
  /// conversation with the session's user is offline and was never seen. Never calls `done` from inside.
  void watch(Session& session, std::vector<std::string> user_ids,
             std::function<void(Result<std::vector<Presence>>)> done);
  static constexpr std::size_t watched_max = 500;
  /// The session's user is away when all of their sessions are, each for at least one reason.
  enum class Away : std::uint8_t { idle = 1, chosen = 2 };
  void set_away(Session& session, Away why, bool away);

  FramePool& frames();
  std::size_t sessions() const;
  std::size_t conversations() const;  // with followers here
  const HubCounts& counts() const;
  /// Every live session, e.g. to say `bye`.
  void for_each_session(const std::function<void(Session&)>& visit);
  /// Sessions of one user on this worker (a snapshot).
  std::vector<Session*> sessions_of(std::string_view tenant_id, std::string_view user_id) const;
  /// Compares every followed conversation's position, and every user's memberships, with the store (after the bus may
  /// have lost something).
  void verify_positions();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiim
