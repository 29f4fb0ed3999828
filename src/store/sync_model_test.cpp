// Sync against a reference model: random histories (messages, edits, recalls, reactions, streams, members who come, go
// and come back, roles, names, cursors, other epochs), random devices that hear some events, lose others, ask for pages
// of any size and end in the middle of it. Whatever the order, a device that asks until nothing is missing has what the
// model has, and every number that a member is told is the model's.
//
// AIIM_SYNC_RUNS: how many histories on SQLite (10,000; a fiftieth of them on PostgreSQL). AIIM_SYNC_SEED: only this
// one.
#include <cstdlib>

#include "store/test_copy.h"
#include "store/test_history.h"

namespace aiim {
namespace {

using namespace test;

constexpr std::size_t history_max = 32;  // changes of one run

struct AnyContent {
  Omit<std::string> text;
  Omit<std::vector<std::string>> mentions;
  Omit<std::string> finish_reason;
  Omit<std::string> outcome;
};
BOOST_DESCRIBE_STRUCT(AnyContent, (), (text, mentions, finish_reason, outcome))

/// A message as text; its content in one order of keys, whatever the database and events make of it.
std::string text_of(Message message) {
  thread_local JsonParser parser;
  AnyContent content;
  auto json = parser.parse(message.content.text);
  if (!json || !decode_into(type_of<AnyContent>(), &content, *json)) return "no content: " + message.content.text;
  message.content = RawJson{encode(content)};
  return encode(message);
}

class Trial {
 public:
  Trial(Db& db, std::uint64_t seed, Time base) : history_(db, seed, base) {}

  void go() {
    for (const std::string& user : history_.users()) devices_.emplace_back(history_.tenant(), user, history_.token());
    devices_.emplace_back(history_.tenant(), history_.users()[0], history_.token());
    choose_limits();
    for (std::size_t i = 0; i < history_max && !testing::Test::HasFailure(); ++i) {
      history_.change();
      tell();
      if (history_.pick(3)) some_device().sync(history_.db(), history_.token(), limits_, history_.pick(2));
      if (history_.pick(12)) some_device().restart();
    }
    for (Copy& device : devices_) {
      if (!testing::Test::HasFailure()) compare(device);
    }
  }

 private:
  void choose_limits() {
    if (history_.pick(2)) limits_.bytes = 1500;
    if (history_.pick(2)) limits_.changes = history_.below(4) + 1;
    if (!history_.pick(3)) limits_.behind = history_.below(8) + 3;
    if (history_.pick(2)) limits_.conversations = history_.index(2) + 1;
  }
  Copy& some_device() { return devices_[history_.index(devices_.size())]; }

  /// Devices hear what hubs forward: all of it, or not; or later, by repair.
  void tell() {
    for (Copy& device : devices_) {
      if (history_.pick(3)) continue;
      for (const auto& event : history_.events())
        device.hear(*event, history_.is_member(event->conversation_id, device.user()));
    }
    if (!history_.pick(5)) return;
    Copy& device = devices_[history_.index(devices_.size())];
    if (device.conversations.empty()) return;
    const auto at = device.conversations.begin()->first;
    const ConversationCopy& copy = device.conversations.begin()->second;
    std::int64_t highest = 0;
    for (const auto& [id, message] : copy.messages) highest = std::max(highest, message.seq);
    auto page = read_repair(history_.db(), history_.tenant(), at, copy.rev, highest);
    ASSERT_TRUE(page);
    if (page->reset || page->epoch != copy.epoch) return;
    for (const auto& event : page->events) device.hear(*event, history_.is_member(at, device.user()));
  }

  // --- the end ---
  Message wanted(const ModelMessage& message) {
    Message shown = message.shown;
    if (shown.status != MessageStatus::streaming) return shown;
    StreamContent so_far;
    so_far.text = message.written;
    shown.content = RawJson{encode(so_far)};
    return shown;
  }
  void compare(Copy& device) {
    int requests = 0;
    // A list that it was going through in parts says nothing of what changed meanwhile, which it may not have heard:
    // that is for pushes, or for the next connection, from the token that was kept.
    device.restart();
    // What a stream writes takes no rev: a device that watches has it from deltas, this one asks afresh.
    for (auto& [id, copy] : device.conversations) std::erase_if(copy.messages, streams);
    for (bool done = false, first = true; !done; first = false) {
      done = device.sync(history_.db(), history_.token(), limits_, first);
      ASSERT_LT(++requests, 500) << "sync comes to an end";
      if (testing::Test::HasFailure()) return;
    }
    std::size_t mine = 0;
    for (const ModelConversation& in : history_.conversations()) {
      const auto held = device.conversations.find(in.id);
      ASSERT_EQ(held != device.conversations.end(), in.has(device.user())) << in.id << " of " << device.user();
      if (held == device.conversations.end()) continue;
      ++mine;
      compare(held->second, in, device.user());
    }
    EXPECT_EQ(device.conversations.size(), mine);
  }
  static bool streams(const std::pair<const std::string, Message>& each) {
    return each.second.status == MessageStatus::streaming;
  }
  void compare(const ConversationCopy& copy, const ModelConversation& in, const std::string& user) {
    EXPECT_EQ(copy.rev, in.rev);
    EXPECT_EQ(copy.epoch, in.epoch);
    EXPECT_EQ(copy.name.value_or(""), in.name);
    for (const ModelMessage& message : in.messages) {
      const auto held = copy.messages.find(message.shown.message_id);
      if (held == copy.messages.end() && message.shown.status == MessageStatus::streaming) continue;
      ASSERT_TRUE(held != copy.messages.end()) << "message " << message.shown.seq << " is missing";
      EXPECT_EQ(text_of(held->second), text_of(wanted(message)));
    }
    EXPECT_LE(copy.messages.size(), in.messages.size());
    for (const auto& [id, member] : in.members) {
      const auto held = copy.members.find(id);
      const bool present = held != copy.members.end() && !held->second.left_at;
      ASSERT_EQ(present, member.present) << id;
      if (present) EXPECT_EQ(held->second.role, member.role) << id;
    }
    const ModelMember& me = in.members.at(user);
    ASSERT_TRUE(copy.me);
    EXPECT_EQ(encode(*copy.me), encode(OwnState{me.role, me.muted, me.pinned, me.delivered, me.read, in.unread(user),
                                                in.mentions(user)}));
  }

  History history_;
  std::vector<Copy> devices_;
  SyncLimits limits_;
};

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

class SyncModelTest : public DbTest {};

TEST_P(SyncModelTest, every_device_ends_with_what_the_model_has) {
  auto db = open();
  const std::uint64_t only = number_of("AIIM_SYNC_SEED", 0);
  const std::uint64_t runs = number_of("AIIM_SYNC_RUNS", 10'000) / (sqlite() ? 1 : 50);
  for (std::uint64_t seed = only ? only : 1; seed <= (only ? only : runs); ++seed) {
    if (seed % 100 == 1 || only) {
      auto begun = db->begin_write(test_start);
      ASSERT_TRUE(begun);
    }
    Trial(*db, seed, test_start).go();
    if (HasFailure()) {
      db->rollback();
      FAIL() << "again by AIIM_SYNC_SEED=" << seed << " build/store_test --gtest_filter='*SyncModel*'";
    }
    if (seed % 100 == 0 || seed == runs || only) ASSERT_TRUE(db->commit());
  }
}

INSTANTIATE_ON_BOTH(SyncModelTest);

}  // namespace
}  // namespace aiim
