// The way in: the public face, events from the bus, turns and time.
#include "hub/hub.h"

#include <boost/asio/post.hpp>

#include "base/time.h"
#include "hub/impl.h"

namespace aiim {

Hub::Impl::Impl(boost::asio::io_context& io, Bus& bus, HubStore store, HubLimits limits, PresenceBoard* board)
    : io_(io),
      bus_(bus),
      store_(std::move(store)),
      limits_(limits),
      self_(std::make_shared<Impl*>(this)),
      timer_(io),
      board_(board) {
  BusSubscriber subscriber;
  subscriber.post = [&io](std::function<void()> work) { boost::asio::post(io, std::move(work)); };
  subscriber.deliver = [this](const EventBatch& batch) { take_batch(batch); };
  subscriber.lost = [this] {
    const Turn turn(*this);
    verify_all();
    refresh_watched();
  };
  subscriber_ = bus_.add(std::move(subscriber));
}

Hub::Impl::~Impl() {
  self_.reset();
  bus_.remove(subscriber_);
  for (auto& [topic, user] : users_) {
    for (Session* session : user->sessions) session->user_ = nullptr;
  }
}

// --- events ---

void Hub::Impl::take_batch(const EventBatch& batch) {
  const Turn turn(*this);
  for (const EventPtr& event : batch) take(event);
}

void Hub::Impl::take(const EventPtr& event) {
  switch (event->kind) {
    case Event::Kind::durable:
      if (Conversation* to = find_conversation(event->tenant_id, event->conversation_id)) take_durable(*to, event);
      return;
    case Event::Kind::receipt:
      if (Conversation* to = find_conversation(event->tenant_id, event->conversation_id)) take_receipt(*to, event);
      return;
    case Event::Kind::delta:
      if (Conversation* to = find_conversation(event->tenant_id, event->conversation_id)) take_delta(*to, event);
      return;
    case Event::Kind::joined: take_joined(event); return;
    case Event::Kind::typing:
      if (Conversation* in = find_conversation(event->tenant_id, event->conversation_id)) take_typing(*in, *event);
      return;
    case Event::Kind::presence: take_presence(*event); return;
    case Event::Kind::personal:
    case Event::Kind::revoked: take_personal(*event); return;
    case Event::Kind::ephemeral:
      if (event->conversation_id.empty()) {
        take_personal(*event);
      } else if (Conversation* to = find_conversation(event->tenant_id, event->conversation_id)) {
        to_followers(*to, event->frame, to->since_max + 1, true);
      }
      return;
  }
}

// To a user who is not live yet these say nothing that its clients do not learn by sync after `hello`.
void Hub::Impl::take_personal(const Event& event) {
  UserEntry* user = find_user(event.tenant_id, event.user_id);
  if (user == nullptr) return;
  if (event.kind != Event::Kind::revoked) {
    to_user(*user, event.frame, event.kind == Event::Kind::ephemeral);
  } else if (user->live) {
    check_credentials(*user);
  } else if (user->attach) {
    user->attach->revoked = true;
  }
}

// --- turns ---

void Hub::Impl::close_turn() {
  flush_run();
  while (!slow_.empty() || !idle_.empty() || !unused_.empty()) {
    while (!slow_.empty()) {
      Session* session = slow_.back();
      slow_.pop_back();
      detach(*session);
      counts_.slow_consumers++;
      session->end(4008, "slow_consumer");
    }
    drop_idle_users();
    drop_unused_conversations();
    flush_run();
  }
}

// --- time: one timer for holes, expected joins and receipts ---

void Hub::Impl::wake_at(std::int64_t ms) {
  if (timer_ms_ != 0 && timer_ms_ <= ms) return;
  timer_ms_ = ms;
  timer_.expires_at(std::chrono::steady_clock::time_point(std::chrono::milliseconds(ms)));
  timer_.async_wait(later([this](boost::system::error_code error) {
    if (!error) on_time();
  }));
}

void Hub::Impl::on_time() {
  timer_ms_ = 0;
  const std::int64_t now = steady_ms();
  const bool receipts_due = receipts_due_ms_ != 0 && receipts_due_ms_ <= now;
  if (receipts_due) receipts_due_ms_ = 0;
  send_due_deltas(now);
  const std::vector<Conversation*> busy(busy_.begin(), busy_.end());  // destroyed only when the turn closes
  if (verify_resume_ms_ != 0 && verify_resume_ms_ <= now) {
    verify_resume_ms_ = 0;
    verify_more();
  }
  for (Conversation* conversation : busy) {
    if (!conversation->pending) continue;
    if (receipts_due) send_receipts(*conversation);
    give_up_expecting(*conversation, now);
    end_typing(*conversation, now);
    Pending& held = pending(*conversation);
    if (held.due_ms != 0 && held.due_ms <= now && !held.reading) repair(*conversation);
    tidy(*conversation);
  }
  check_more(now);
  if (presence_due_ms_ != 0 && presence_due_ms_ <= now) tell_presence();
  if (recheck_resume_ms_ != 0 && recheck_resume_ms_ <= now) {
    recheck_resume_ms_ = 0;
    recheck_more();
  }
  std::int64_t next = receipts_due_ms_;
  const auto earlier = [&next](std::int64_t ms) {
    if (ms != 0 && (next == 0 || ms < next)) next = ms;
  };
  for (Conversation* conversation : busy_) {
    const Pending& held = *conversation->pending;
    if (!held.reading) earlier(held.due_ms);
    for (const Pending::Expected& expected : held.expected) earlier(expected.due_ms);
    earlier(typing_due(held, limits_.typing_pause_ms));
  }
  earlier(presence_due_ms_);
  earlier(recheck_resume_ms_);
  earlier(verify_resume_ms_);
  earlier(check_due_ms_);
  if (!deltas_.empty()) earlier(std::get<0>(*deltas_.begin()));
  if (next != 0) wake_at(std::max(next, now + 1));
}

// --- finding entries ---

namespace {

const std::string& topic_into(std::string& text, char kind, std::string_view tenant_id, std::string_view id) {
  text.clear();
  text += kind;
  text += '/';
  text += tenant_id;
  text += '/';
  text += id;
  return text;
}

template <class Map>
auto find_in(const Map& map, std::string_view topic) {
  const auto found = map.find(topic);
  return found == map.end() ? nullptr : found->second.get();
}

template <class Map>
auto find_in(const Map& map, std::string_view topic, std::uint64_t generation) {
  auto* entry = find_in(map, topic);
  return entry == nullptr || entry->generation != generation ? nullptr : entry;
}

}  // namespace

UserEntry* Hub::Impl::find_user(std::string_view topic) { return find_in(users_, topic); }
UserEntry* Hub::Impl::find_user(std::string_view tenant_id, std::string_view user_id) {
  return find_in(users_, topic_into(topic_, 'u', tenant_id, user_id));
}
UserEntry* Hub::Impl::find_user(std::string_view topic, std::uint64_t generation) {
  return find_in(users_, topic, generation);
}
Conversation* Hub::Impl::find_conversation(std::string_view topic) { return find_in(conversations_, topic); }
Conversation* Hub::Impl::find_conversation(std::string_view tenant_id, std::string_view conversation_id) {
  return find_in(conversations_, topic_into(topic_, 'c', tenant_id, conversation_id));
}
Conversation* Hub::Impl::find_conversation(std::string_view topic, std::uint64_t generation) {
  return find_in(conversations_, topic, generation);
}

// --- the public face ---

Hub::Hub(boost::asio::io_context& io, Bus& bus, HubStore store, HubLimits limits, PresenceBoard* board)
    : impl_(std::make_unique<Impl>(io, bus, std::move(store), limits, board)) {}
Hub::~Hub() = default;

void Hub::attach(Session& session, std::string tenant_id, std::string user_id, std::function<void(Result<>)> ready) {
  const Impl::Turn turn(*impl_);
  impl_->attach(session, std::move(tenant_id), std::move(user_id), std::move(ready));
}

void Hub::detach(Session& session) {
  const Impl::Turn turn(*impl_);
  impl_->detach(session);
}

void Hub::send(Session& session, std::string_view json, bool droppable) {
  const Impl::Turn turn(*impl_);
  impl_->send(session, json, droppable);
}

bool Hub::catch_up(Session& session, std::string_view tenant_id, std::string_view conversation_id,
                   std::string_view stream_id, std::int64_t n) {
  const Impl::Turn turn(*impl_);
  Conversation* conversation = impl_->find_conversation(tenant_id, conversation_id);
  if (conversation == nullptr || session.user_ == nullptr) return true;
  // Who came or went while the store was read: a watcher is found again through what its user follows.
  if (impl_->find_follower(*conversation, *session.user_) == nullptr) return true;
  return impl_->catch_up(*conversation, session, stream_id, n);
}

void Hub::caught_up(Session& session, std::string_view tenant_id, std::string_view conversation_id,
                    std::string_view stream_id, std::string_view frame) {
  const Impl::Turn turn(*impl_);
  if (session.user_ == nullptr) return;
  if (!frame.empty()) impl_->send(session, frame, false);
  if (Conversation* conversation = impl_->find_conversation(tenant_id, conversation_id))
    impl_->caught_up(*conversation, session, stream_id);
}

void Hub::typing(Session& session, std::string_view conversation_id, TypingState state) {
  const Impl::Turn turn(*impl_);
  impl_->typing(session, conversation_id, state);
}

void Hub::watch(Session& session, std::vector<std::string> user_ids,
                std::function<void(Result<std::vector<Presence>>)> done) {
  const Impl::Turn turn(*impl_);
  impl_->watch(session, std::move(user_ids), std::move(done));
}

void Hub::set_away(Session& session, Away why, bool away) {
  const Impl::Turn turn(*impl_);
  impl_->set_away(session, why, away);
}

FramePool& Hub::frames() { return impl_->pool_; }
std::size_t Hub::sessions() const { return impl_->sessions_; }
std::size_t Hub::conversations() const { return impl_->conversations_.size(); }
const HubCounts& Hub::counts() const { return impl_->counts_; }

void Hub::for_each_session(const std::function<void(Session&)>& visit) {
  const Impl::Turn turn(*impl_);
  std::vector<Session*> all;  // a visit may detach
  all.reserve(impl_->sessions_);
  for (auto& [topic, user] : impl_->users_) all.insert(all.end(), user->sessions.begin(), user->sessions.end());
  for (Session* session : all) {
    if (session->user_ != nullptr) visit(*session);
  }
}

std::vector<Session*> Hub::sessions_of(std::string_view tenant_id, std::string_view user_id) const {
  const UserEntry* user = impl_->find_user(tenant_id, user_id);
  return user == nullptr ? std::vector<Session*>() : user->sessions;
}

void Hub::verify_positions() {
  const Impl::Turn turn(*impl_);
  impl_->verify_all();
}

}  // namespace aiim
