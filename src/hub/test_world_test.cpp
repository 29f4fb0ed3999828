#include "hub/test_world.h"

#include <boost/asio/post.hpp>
#include <chrono>

namespace aiim::test {

Frames payloads(std::string_view bytes) {
  Frames frames;
  while (!bytes.empty()) {
    std::size_t size = static_cast<unsigned char>(bytes[1]);
    std::size_t header = 2;
    if (size >= 126) {
      const std::size_t more = size == 126 ? 2 : 8;
      size = 0;
      for (std::size_t i = 0; i < more; i++) size = size << 8 | static_cast<unsigned char>(bytes[2 + i]);
      header += more;
    }
    frames.emplace_back(bytes.substr(header, size));
    bytes.remove_prefix(header + size);
  }
  return frames;
}

Frames TestSession::take() {
  std::string bytes;
  while (!outbox.empty()) {
    iovec pieces[64];
    const int count = outbox.gather(pieces, 64);
    std::size_t size = 0;
    for (int i = 0; i < count; i++) {
      bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      size += pieces[i].iov_len;
    }
    outbox.consume(size);
  }
  return payloads(bytes);
}

HubStore::Changes Log::changes(const std::string& id, std::int64_t rev, std::size_t limit) const {
  HubStore::Changes page;
  const auto found = conversations.find(id);
  if (found == conversations.end()) {
    page.gone = true;
    return page;
  }
  const Conversation& conversation = found->second;
  page.epoch = conversation.epoch;
  page.rev = conversation.rev;
  if (rev > conversation.rev) {
    page.reset = true;
    return page;
  }
  std::map<std::int64_t, Event> rows;
  for (const auto& [seq, at] : conversation.messages) {
    if (at <= rev) continue;
    rows[at] = make(id, at, 0);
    rows[at].seq = seq;
  }
  for (const auto& [user, member] : conversation.members) {
    if (member.rev <= rev) continue;
    rows[member.rev] = make(id, member.rev, 0);
    fill_members(rows[member.rev], user, member.present);
  }
  std::int64_t after = rev;
  for (auto& [at, event] : rows) {
    if (page.events.size() == limit) {
      page.more = true;
      page.rev = after;
      break;
    }
    event.after = after;
    if (const auto stream = ended.find(id); stream != ended.end()) event.stream_id = stream->second;
    event.frame = durable_frame(id, at, after);
    after = at;
    page.events.push_back(std::make_shared<const Event>(event));
  }
  return page;
}

Event Log::make(const std::string& id, std::int64_t rev, std::int64_t after) const {
  Event event;
  event.tenant_id = "t";
  event.conversation_id = id;
  event.epoch = conversations.at(id).epoch;
  event.rev = rev;
  event.after = after;
  event.frame = durable_frame(id, rev, after);
  return event;
}

Event Log::post(const std::string& id) {
  Conversation& conversation = conversations[id];
  conversation.rev++;
  conversation.messages[++conversation.last_seq] = conversation.rev;
  Event event = make(id, conversation.rev, conversation.rev - 1);
  event.seq = conversation.last_seq;
  return event;
}

Event Log::edit(const std::string& id, std::int64_t seq) {
  Conversation& conversation = conversations[id];
  conversation.messages[seq] = ++conversation.rev;
  return make(id, conversation.rev, conversation.rev - 1);
}

void Log::fill_members(Event& event, const std::string& user, bool present) const {
  if (present) {
    event.joined = {user};
  } else {
    event.left = {user};
    event.frame_left = "L " + event.conversation_id + " " + std::to_string(event.rev);
  }
}

Event Log::set_member(const std::string& id, const std::string& user, bool present) {
  Conversation& conversation = conversations[id];
  conversation.rev++;
  conversation.members[user] = {conversation.rev, present};
  conversation.history.push_back({user, conversation.rev, present});
  Event event = make(id, conversation.rev, conversation.rev - 1);
  fill_members(event, user, present);
  return event;
}

Event Log::created_for(const std::string& id, const std::string& user) const {
  const Conversation& conversation = conversations.at(id);
  Event event;
  event.kind = Event::Kind::joined;
  event.tenant_id = "t";
  event.conversation_id = id;
  event.user_id = user;
  event.epoch = conversation.epoch;
  event.rev = conversation.rev;
  event.seq = conversation.last_seq;
  event.frame = "J " + id + " " + std::to_string(conversation.rev);
  return event;
}

bool Log::is_member(const std::string& id, const std::string& user) const {
  const auto& members = conversations.at(id).members;
  const auto member = members.find(user);
  return member != members.end() && member->second.present;
}

std::vector<Followed> Log::memberships(const std::string& user) const {
  std::vector<Followed> list;
  for (const auto& [id, conversation] : conversations) {
    if (is_member(id, user)) list.push_back({id, conversation.epoch, conversation.rev, conversation.last_seq});
  }
  return list;
}

/// The log is read at once, or as late as the answer where `read_late` says so.
template <class T>
void answer(World& world, std::function<void(Result<T>)> done, std::function<T()> read) {
  if (world.fail_reads > 0) {
    world.fail_reads--;
    return world.later([done] { done(Error(ErrorCode::unavailable)); });
  }
  if (world.read_late && world.read_late()) return world.later([done, read] { done(read()); });
  world.later([done, value = read()] { done(value); });
}

void World::later(std::function<void()> work) {
  if (hold_answers) {
    held.push_back(std::move(work));
  } else {
    boost::asio::post(io, std::move(work));
  }
}

void World::release_answers() {
  std::deque<std::function<void()>> now;
  now.swap(held);
  for (auto& work : now) boost::asio::post(io, std::move(work));
  run();
}

void World::run() {
  io.restart();
  io.poll();
}

void World::settle(std::int64_t ms) {
  for (int i = 0; i < 3; i++) {  // on a busy machine the time may pass without a chance to run
    io.restart();
    io.run_for(std::chrono::milliseconds(ms / 3));
    run();
  }
}

void World::begin_attach(TestSession& session, const std::string& user) {
  session.hub = &hub;
  hub->attach(session, "t", user, [this, &session](Result<> result) {
    session.live = static_cast<bool>(result);
    session.failed = !result;
    if (result && hello) hub->send(session, "hello");
  });
}

void World::attach(TestSession& session, const std::string& user) {
  begin_attach(session, user);
  run();
  EXPECT_TRUE(session.live);
}

void World::publish(Event event) { publish(std::vector<Event>{std::move(event)}); }

void World::publish(std::vector<Event> events) {
  EventBatch batch;
  for (Event& event : events) batch.push_back(std::make_shared<const Event>(std::move(event)));
  bus->publish(std::move(batch));
  run();
}

World::World(std::unique_ptr<Bus> the_bus, HubLimits limits) : bus(std::move(the_bus)) {
  HubStore store;
  store.read_memberships = [this](std::string, std::string user, auto done) {
    membership_reads++;
    answer<std::vector<Followed>>(*this, done, [this, user] { return log.memberships(user); });
  };
  store.read_changes = [this](std::string, std::string id, std::int64_t rev, std::int64_t, auto done) {
    change_reads++;
    answer<HubStore::Changes>(*this, done, [this, id, rev] { return log.changes(id, rev, page_limit); });
  };
  store.check_credentials = [this](std::string, std::string, std::string credential, auto done) {
    checked.push_back(credential);
    const bool away = fail_checks > 0 && fail_checks-- > 0;
    later([done, away, refused = credential == refused_credential] {
      if (away) return done(Error(ErrorCode::unavailable));
      refused ? done(Error(ErrorCode::unauthenticated)) : done({});
    });
  };
  hub = std::make_unique<Hub>(io, *bus, std::move(store), limits);
}

HubLimits World::quick() {
  HubLimits limits;
  limits.hole_grace_ms = 5;
  limits.receipt_window_ms = 10;
  limits.repair_backoff_min_ms = 2;
  limits.repair_backoff_max_ms = 10;
  return limits;
}

}  // namespace aiim::test
