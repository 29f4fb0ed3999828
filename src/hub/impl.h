// The hub's inside, in parts: hub.cpp (what comes in, turns, time), attach.cpp (users and sessions come and go),
// order.cpp (each conversation's durable events in order, repaired where needed), members.cpp (who follows what),
// streams.cpp (deltas of what is being written), typing.cpp, watches.cpp (presence) and fan_out.cpp (bytes into
// outboxes). Private to src/hub.
//
// Every way in opens a Turn. Entries are only destroyed, and slow sessions only ended, when the outermost turn closes,
// so that loops and callbacks in between never lose what they stand on. Callbacks that come later carry a topic and a
// generation, never a pointer.
#pragma once
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <set>
#include <tuple>

#include "core/bus.h"
#include "hub/entries.h"
#include "hub/hub.h"

namespace aiim {

struct Hub::Impl {
  Impl(boost::asio::io_context& io, Bus& bus, HubStore store, HubLimits limits, PresenceBoard* board);
  ~Impl();

  /// Opened by every way in.
  class Turn {
   public:
    explicit Turn(Impl& hub) : hub_(hub) { hub_.depth_++; }
    ~Turn() {
      if (hub_.depth_ == 1) hub_.close_turn();
      hub_.depth_--;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Impl& hub_;
  };

  /// Wraps what runs later: nothing happens if the hub is gone by then, else it runs in a turn of its own.
  template <class F>
  auto later(F function) {
    return [weak = std::weak_ptr<Impl*>(self_), function = std::move(function)](auto&&... arguments) mutable {
      if (const auto self = weak.lock()) {
        const Turn turn(**self);
        function(std::forward<decltype(arguments)>(arguments)...);
      }
    };
  }

  // hub.cpp: what comes in, turns, time
  void take_batch(const EventBatch& batch);
  void take(const EventPtr& event);
  void take_personal(const Event& event);
  void close_turn();
  void wake_at(std::int64_t ms);
  void on_time();
  UserEntry* find_user(std::string_view topic);
  UserEntry* find_user(std::string_view tenant_id, std::string_view user_id);
  UserEntry* find_user(std::string_view topic, std::uint64_t generation);
  Conversation* find_conversation(std::string_view topic);
  Conversation* find_conversation(std::string_view tenant_id, std::string_view conversation_id);
  Conversation* find_conversation(std::string_view topic, std::uint64_t generation);

  // attach.cpp
  void attach(Session& session, std::string tenant_id, std::string user_id, std::function<void(Result<>)> ready);
  void detach(Session& session);
  void read_memberships(UserEntry& user);
  void memberships_read(UserEntry& user, Result<std::vector<Followed>> read);
  bool settle_positions(UserEntry& user, const std::vector<Followed>& memberships);
  void go_live(UserEntry& user, const std::vector<Followed>& memberships);
  void admit_waiters(UserEntry& user);
  void fail_attach(UserEntry& user, const Error& error);
  void unpin_all(UserEntry& user);
  void add_session(UserEntry& user, Session& session);
  void remove_session(Session& session);
  void note_idle(UserEntry& user);
  void drop_idle_users();
  void check_credentials(UserEntry& user);
  void end_revoked(UserEntry& user, const std::string& credential_id);
  void check_again(UserEntry& user);
  void check_more(std::int64_t now_ms);

  // order.cpp
  void take_durable(Conversation& conversation, const EventPtr& event);
  void forward(Conversation& conversation, const Event& event);
  void hold(Conversation& conversation, const EventPtr& event);
  void settle(Conversation& conversation);
  void note_position(Conversation& conversation, const Followed& position);
  void want(Conversation& conversation, std::int64_t rev);
  void repair_within(Conversation& conversation, std::int64_t delay_ms);
  void force_repair(Conversation& conversation, std::int64_t delay_ms);
  void repair(Conversation& conversation);
  void changes_read(Conversation& conversation, std::int64_t asked_from, std::int64_t asked_for,
                    Result<HubStore::Changes> read);
  void retry_repair(Conversation& conversation);
  void start_again(Conversation& conversation, const HubStore::Changes& changes);
  void end_conversation(Conversation& conversation);
  Pending& pending(Conversation& conversation);
  void tidy(Conversation& conversation);

  // members.cpp
  Conversation& open_conversation(std::string_view tenant_id, std::string_view conversation_id);
  void subscribe(Conversation& conversation);
  void follow(Conversation& conversation, UserEntry& user, std::int64_t since);
  void unfollow(Conversation& conversation, std::uint32_t follower);
  Follower* find_follower(Conversation& conversation, const UserEntry& user);
  void take_joined(const EventPtr& event);
  void join_unknown(Conversation& conversation, UserEntry& user, const Event& joined);
  void join_unannounced(Conversation& conversation, UserEntry& user, std::int64_t rev);
  void welcome(Conversation& conversation, UserEntry& user, std::string_view frame, std::int64_t rev);
  void members_left(Conversation& conversation, const Event& event);
  void members_joined(Conversation& conversation, const Event& event);
  void stop_expecting(Conversation& conversation, const std::string& user_id, std::int64_t rev);
  void release_waiting_joins(Conversation& conversation, bool store_was_asked);
  void give_up_expecting(Conversation& conversation, std::int64_t now_ms);
  void go_back(Conversation& conversation, UserEntry& user, std::int64_t rev);
  void note_unused(Conversation& conversation);
  static bool is_unused(const Conversation& conversation);
  void drop_unused_conversations();
  void verify_all();
  void verify(UserEntry& user);
  void verify_more();
  void verified(UserEntry& user, const std::vector<Followed>& memberships);

  // streams.cpp
  void take_delta(Conversation& conversation, const EventPtr& event);
  LiveStreams::value_type& live_stream(Conversation& conversation, std::string_view stream_id);
  void send_delta(Conversation& conversation, LiveStreams::value_type& named);
  void send_around_watchers(Conversation& conversation, LiveStream& stream, std::string_view frame);
  void send_due_deltas(std::int64_t now_ms);
  void end_stream(Conversation& conversation, std::string_view stream_id);
  std::int64_t window_of(const Conversation& conversation) const;
  bool catch_up(Conversation& conversation, Session& session, std::string_view stream_id, std::int64_t n);
  void caught_up(Conversation& conversation, Session& session, std::string_view stream_id);
  void forget_watcher(Conversation& conversation, Session& session);
  void forget_old_streams(std::int64_t now_ms);
  void forget_streams(Conversation& conversation);

  // fan_out.cpp
  void send(Session& session, std::string_view json, bool droppable);
  void to_followers(Conversation& conversation, std::string_view frame, std::int64_t rev, bool droppable);
  void to_user(UserEntry& user, std::string_view frame, bool droppable = false);
  void flush_run();
  void push(Session& session, const FrameSlice& slice, bool droppable);
  void take_receipt(Conversation& conversation, const EventPtr& event);
  void send_receipts(Conversation& conversation);

  // typing.cpp
  void typing(Session& session, std::string_view conversation_id, TypingState state);
  void take_typing(Conversation& conversation, const Event& event);
  void begin_typing(Conversation& conversation, Pending::Typist& typist, std::int64_t now_ms);
  void tell_typing(Conversation& conversation, const Pending::Typist& typist, TypingState state);
  void end_typing(Conversation& conversation, std::int64_t now_ms);
  static std::int64_t typing_due(const Pending& held, std::int64_t pause_ms);

  // watches.cpp
  using Acquaintances = std::vector<HubStore::Acquaintance>;
  using WatchDone = std::function<void(Result<std::vector<Presence>>)>;
  /// A session as callbacks that come later know it, and the list that they are about.
  struct WatchRef {
    std::string user_topic;
    std::uint64_t generation;
    std::string session_id;
    std::uint64_t number;
  };
  void announce(UserEntry& user, bool arrived, Session& session);
  void set_away(Session& session, Away why, bool away);
  void watch(Session& session, std::vector<std::string> user_ids, WatchDone done);
  Session* find_session(const WatchRef& ref);
  Watch* find_watch(const Session& session);
  std::vector<Watched*> pin_watched(std::string_view tenant_id, const Acquaintances& visible);
  void subscribe_watched(const std::vector<Watched*>& watched, std::function<void()> confirmed);
  void unpin_watched(const std::vector<Watched*>& watched);
  void replace_watch(Session& session, const std::vector<std::string>& user_ids, const std::vector<Watched*>& visible);
  void refresh_watched();
  void judge(Session& session, Watch& watch, std::uint32_t index, Watched* visible);
  void stop_watching(Watch::Entry& entry);
  void forget_watch(Session& session);
  void drop_watched(Watched& watched);
  void take_presence(const Event& event);
  void presence_changed(Watched& watched, std::int64_t delay_ms);
  void tell_presence();
  void members_changed(Conversation& conversation, const Event& event);
  void recheck_sessions(UserEntry& user);
  void recheck_later(Session& session, Watch& watch);
  void recheck_more();
  void rechecked(const WatchRef& ref, std::vector<std::string> asked, Result<Acquaintances> read);

  boost::asio::io_context& io_;
  Bus& bus_;
  const HubStore store_;
  const HubLimits limits_;
  FramePool pool_;
  int subscriber_ = -1;
  std::shared_ptr<Impl*> self_;  // shared with later(): expires with the hub

  // Keys are the names inside the entries.
  std::unordered_map<std::string_view, std::unique_ptr<UserEntry>> users_;
  std::unordered_map<std::string_view, std::unique_ptr<Conversation>> conversations_;
  std::unordered_map<Session*, UserEntry*> attaching_;
  std::size_t sessions_ = 0;
  std::uint64_t next_number_ = 1;
  HubCounts counts_;

  int depth_ = 0;
  std::vector<UserEntry*> idle_;
  std::vector<Conversation*> unused_;
  std::vector<Session*> slow_;
  std::string topic_;  // scratch

  // Frames of one conversation that follow each other in a chunk and in the batch: each session gets them in one push.
  struct Run {
    Conversation* conversation = nullptr;
    FrameSlice slice;
    bool droppable = false;
  };
  Run run_;

  boost::asio::steady_timer timer_;
  std::int64_t timer_ms_ = 0;  // when it is set to fire; 0: not
  std::int64_t receipts_due_ms_ = 0;
  // Deltas by when they are due: the name in the map's node tells the stream.
  std::set<std::tuple<std::int64_t, Conversation*, LiveStreams::value_type*>> deltas_;
  std::unordered_set<Conversation*> streaming_;  // those with `streams`
  std::int64_t forget_streams_ms_ = 0;

  std::unordered_set<Conversation*> busy_;  // those with `pending`

  PresenceBoard* const board_;
  std::unordered_map<std::string_view, std::unique_ptr<Watched>> watched_;  // by presence topic
  std::unordered_map<const Session*, std::unique_ptr<Watch>> watches_;
  std::vector<std::string> presence_changed_;  // topics
  std::int64_t presence_due_ms_ = 0;           // when they are told; 0: nothing to tell
  std::deque<WatchRef> to_recheck_;
  int rechecking_ = 0;
  std::int64_t recheck_resume_ms_ = 0;  // the store failed: not before; 0: at once

  std::deque<std::pair<std::string, std::uint64_t>> to_verify_;  // topics and generations of users
  int verifying_ = 0;
  std::int64_t verify_resume_ms_ = 0;  // the store failed: not before; 0: at once

  std::set<std::pair<std::string, std::uint64_t>> to_check_;  // users whose credentials the store could not judge
  std::int64_t check_due_ms_ = 0;                             // when it is asked again; 0: never
};

}  // namespace aiim
