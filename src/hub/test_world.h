// A tiny world for the hub's tests: conversations as plain rows that remember the rev of their last change, sessions
// that read their outbox as a client would. Frames are short texts: "D c rev after" (durable), "J c rev"
// (conversation.created), "L c rev" (conversation.removed).
#pragma once
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/bus.h"
#include "hub/hub.h"

namespace aiim::test {

using Frames = std::vector<std::string>;

/// The payloads of unmasked server frames.
inline Frames payloads(std::string_view bytes) {
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

class TestSession final : public Session {
 public:
  explicit TestSession(std::string credential = {}) : credential_(std::move(credential)) {}
  ~TestSession() override {
    if (hub != nullptr && *hub) (*hub)->detach(*this);
  }
  void end(std::uint16_t code, std::string_view reason) override {
    end_code = code;
    end_reason = reason;
    ends++;
  }
  void mark_dirty() override { dirty = true; }
  std::string_view credential_id() const override { return credential_; }

  /// Everything that was put into the outbox since the last call.
  Frames take() {
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

  std::unique_ptr<Hub>* hub = nullptr;
  bool live = false;
  bool failed = false;
  bool dirty = false;
  int end_code = 0;
  int ends = 0;
  std::string end_reason;

 private:
  std::string credential_;
};

/// The log, as a store keeps it.
struct Log {
  struct Member {
    std::int64_t rev = 0;
    bool present = false;
  };
  struct Change {
    std::string user;
    std::int64_t rev;
    bool present;
  };
  struct Conversation {
    std::string epoch = "e1";
    std::int64_t rev = 0;
    std::int64_t last_seq = 0;
    std::map<std::int64_t, std::int64_t> messages;  // seq → rev of the last change
    std::map<std::string, Member> members;
    std::vector<Change> history;  // of members, superseded ones too
  };
  std::map<std::string, Conversation> conversations;

  static std::string durable_frame(const std::string& id, std::int64_t rev, std::int64_t after) {
    return "D " + id + " " + std::to_string(rev) + " " + std::to_string(after);
  }

  Event make(const std::string& id, std::int64_t rev, std::int64_t after) const {
    Event event;
    event.tenant_id = "t";
    event.conversation_id = id;
    event.epoch = conversations.at(id).epoch;
    event.rev = rev;
    event.after = after;
    event.frame = durable_frame(id, rev, after);
    return event;
  }

  Event post(const std::string& id) {
    Conversation& conversation = conversations[id];
    conversation.rev++;
    conversation.messages[++conversation.last_seq] = conversation.rev;
    Event event = make(id, conversation.rev, conversation.rev - 1);
    event.seq = conversation.last_seq;
    return event;
  }
  Event edit(const std::string& id, std::int64_t seq) {
    Conversation& conversation = conversations[id];
    conversation.messages[seq] = ++conversation.rev;
    return make(id, conversation.rev, conversation.rev - 1);
  }
  void fill_members(Event& event, const std::string& user, bool present) const {
    if (present) {
      event.joined = {user};
    } else {
      event.left = {user};
      event.frame_left = "L " + event.conversation_id + " " + std::to_string(event.rev);
    }
  }
  Event set_member(const std::string& id, const std::string& user, bool present) {
    Conversation& conversation = conversations[id];
    conversation.rev++;
    conversation.members[user] = {conversation.rev, present};
    conversation.history.push_back({user, conversation.rev, present});
    Event event = make(id, conversation.rev, conversation.rev - 1);
    fill_members(event, user, present);
    return event;
  }
  Event created_for(const std::string& id, const std::string& user) const {
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
  bool is_member(const std::string& id, const std::string& user) const {
    const auto& members = conversations.at(id).members;
    const auto member = members.find(user);
    return member != members.end() && member->second.present;
  }
  std::vector<Followed> memberships(const std::string& user) const {
    std::vector<Followed> list;
    for (const auto& [id, conversation] : conversations) {
      if (is_member(id, user)) list.push_back({id, conversation.epoch, conversation.rev, conversation.last_seq});
    }
    return list;
  }
  HubStore::Changes changes(const std::string& id, std::int64_t rev, std::size_t limit) const {
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
      event.frame = durable_frame(id, at, after);
      after = at;
      page.events.push_back(std::make_shared<const Event>(event));
    }
    return page;
  }
};

/// The world of the tests that go step by step: callbacks of the store wait until the test lets them run.
struct World {
  explicit World(std::unique_ptr<Bus> the_bus, HubLimits limits = quick()) : bus(std::move(the_bus)) {
    HubStore store;
    store.read_memberships = [this](std::string, std::string user, auto done) {
      membership_reads++;
      if (fail_reads > 0) {
        fail_reads--;
        return answer([done] { done(Error(ErrorCode::unavailable)); });
      }
      answer([done, list = log.memberships(user)] { done(list); });
    };
    store.read_changes = [this](std::string, std::string id, std::int64_t rev, std::int64_t, auto done) {
      change_reads++;
      if (fail_reads > 0) {
        fail_reads--;
        return answer([done] { done(Error(ErrorCode::unavailable)); });
      }
      answer([done, page = log.changes(id, rev, page_limit)] { done(page); });
    };
    store.check_credentials = [this](std::string, std::string, std::string credential, auto done) {
      checked.push_back(credential);
      answer([done, refused = credential == refused_credential] {
        refused ? done(Error(ErrorCode::unauthenticated)) : done({});
      });
    };
    hub = std::make_unique<Hub>(io, *bus, std::move(store), limits);
  }

  static HubLimits quick() {
    HubLimits limits;
    limits.hole_grace_ms = 5;
    limits.receipt_window_ms = 10;
    limits.repair_backoff_min_ms = 2;
    limits.repair_backoff_max_ms = 10;
    return limits;
  }

  void answer(std::function<void()> work) {
    if (hold_answers) {
      held.push_back(std::move(work));
    } else {
      boost::asio::post(io, std::move(work));
    }
  }
  void release_answers() {
    std::deque<std::function<void()>> now;
    now.swap(held);
    for (auto& work : now) boost::asio::post(io, std::move(work));
    run();
  }

  /// Everything that is ready.
  void run() {
    io.restart();
    io.poll();
  }
  /// Everything, timers included.
  void settle(std::int64_t ms = 30) {
    io.restart();
    io.run_for(std::chrono::milliseconds(ms));
  }
  void begin_attach(TestSession& session, const std::string& user) {
    session.hub = &hub;
    hub->attach(session, "t", user, [this, &session](Result<> result) {
      session.live = static_cast<bool>(result);
      session.failed = !result;
      if (result && hello) hub->send(session, "hello");
    });
  }
  void attach(TestSession& session, const std::string& user) {
    begin_attach(session, user);
    run();
    EXPECT_TRUE(session.live);
  }
  void publish(Event event) { publish(std::vector<Event>{std::move(event)}); }
  void publish(std::vector<Event> events) {
    EventBatch batch;
    for (Event& event : events) batch.push_back(std::make_shared<const Event>(std::move(event)));
    bus->publish(std::move(batch));
    run();
  }

  boost::asio::io_context io;
  std::unique_ptr<Bus> bus;
  Log log;
  bool hold_answers = false;
  bool hello = false;
  std::deque<std::function<void()>> held;
  int membership_reads = 0;
  int change_reads = 0;
  int fail_reads = 0;
  std::size_t page_limit = 3;
  std::string refused_credential;
  std::vector<std::string> checked;
  std::unique_ptr<Hub> hub;
};

}  // namespace aiim::test
