// A tiny world for the hub's tests: conversations as plain rows that remember the rev of their last change, sessions
// that read their outbox as a client would. Frames are short texts: "D c rev after" (durable), "J c rev"
// (conversation.created), "L c rev" (conversation.removed).
#pragma once
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
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
Frames payloads(std::string_view bytes);

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
  Frames take();

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
  std::map<std::string, std::string> ended;  // by conversation: the stream that a repaired message ends

  static std::string durable_frame(const std::string& id, std::int64_t rev, std::int64_t after) {
    return "D " + id + " " + std::to_string(rev) + " " + std::to_string(after);
  }

  Event make(const std::string& id, std::int64_t rev, std::int64_t after) const;

  Event post(const std::string& id);
  Event edit(const std::string& id, std::int64_t seq);
  void fill_members(Event& event, const std::string& user, bool present) const;
  Event set_member(const std::string& id, const std::string& user, bool present);
  Event created_for(const std::string& id, const std::string& user) const;
  bool is_member(const std::string& id, const std::string& user) const;
  std::vector<Followed> memberships(const std::string& user) const;
  HubStore::Changes changes(const std::string& id, std::int64_t rev, std::size_t limit) const;
};

/// The world of the tests that go step by step: callbacks of the store wait until the test lets them run.
struct World {
  explicit World(std::unique_ptr<Bus> the_bus, HubLimits limits = quick());

  static HubLimits quick();

  void later(std::function<void()> work);
  void release_answers();

  /// Everything that is ready.
  void run();
  /// Everything, timers included.
  void settle(std::int64_t ms = 30);
  void begin_attach(TestSession& session, const std::string& user);
  void attach(TestSession& session, const std::string& user);
  void publish(Event event);
  void publish(std::vector<Event> events);

  boost::asio::io_context io;
  std::unique_ptr<Bus> bus;
  Log log;
  bool hold_answers = false;
  bool hello = false;
  std::deque<std::function<void()>> held;
  int membership_reads = 0;
  int change_reads = 0;
  int fail_reads = 0;
  std::function<bool()> read_late;
  std::size_t page_limit = 3;
  std::string refused_credential;
  int fail_checks = 0;  // so many answers say that the store is away
  std::vector<std::string> checked;
  std::unique_ptr<Hub> hub;
};

}  // namespace aiim::test
