// A device of the sync test: it keeps a copy of what its user may see, from pages of sync, from events, and from the
// history after a reset; as the protocol tells clients to, and no cleverer.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/history.h"
#include "store/sync.h"

namespace aiim::test {

struct EventData {
  std::string conversation_id;
  std::optional<std::int64_t> rev, after;
  Omit<Message> message;
  Omit<std::vector<MemberChange>> members;
  Omit<Conversation> conversation;
};
BOOST_DESCRIBE_STRUCT(EventData, (), (conversation_id, rev, after, message, members, conversation))
struct EventFrame {
  std::string type;
  EventData data;
};
BOOST_DESCRIBE_STRUCT(EventFrame, (), (type, data))

inline EventFrame parse_frame(const std::string& text) {
  thread_local JsonParser parser;
  EventFrame frame;
  auto json = parser.parse(text);
  if (!json || !decode_into(type_of<EventFrame>(), &frame, *json)) ADD_FAILURE() << "no event: " << text;
  return frame;
}

struct ConversationCopy {
  std::string epoch;
  std::int64_t rev = 0;
  std::optional<std::string> name;
  std::map<std::string, Message> messages;
  std::map<std::string, MemberChange> members;
  std::optional<OwnState> me;  // of the last page; events do not carry it

  void put(const Message& message) {
    auto [at, fresh] = messages.try_emplace(message.message_id, message);
    if (!fresh && at->second.rev <= message.rev) at->second = message;
  }
  void put(const MemberChange& member) {
    auto [at, fresh] = members.try_emplace(member.user_id, member);
    if (!fresh && at->second.rev <= member.rev) at->second = member;
  }
};

class Copy {
 public:
  Copy(std::string tenant, std::string user, SyncToken since)
      : tenant_(std::move(tenant)), user_(std::move(user)), token_(since) {}

  std::map<std::string, ConversationCopy> conversations;
  std::set<std::string> behind;  // to be asked for
  const std::string& user() const { return user_; }

  /// One request and its reply. True when nothing more is to be asked for.
  bool sync(Db& db, const SyncToken& now, const SyncLimits& limits, bool name_all) {
    std::vector<SyncPosition> named;
    for (const auto& [id, copy] : conversations) {
      if (name_all || behind.contains(id)) named.push_back({id, copy.epoch, copy.rev});
    }
    for (const std::string& id : behind) {
      if (!conversations.contains(id)) named.push_back({id, std::nullopt, 0});
    }
    auto reply = read_sync(db, tenant_, user_, named, next_.value_or(token_), now, limits);
    if (!reply) {
      ADD_FAILURE() << "sync failed";
      return true;
    }
    behind.clear();
    for (const ConversationSync& part : reply->conversations) take(db, part, named);
    const auto token = parse_token(reply->sync_token);
    EXPECT_TRUE(token);
    if (!token) return true;
    const bool done = !reply->more && behind.empty();
    next_ = *token;
    if (done) token_ = *std::exchange(next_, std::nullopt);
    return done;
  }

  /// The device ends in the middle, and comes back with what it had kept.
  void restart() {
    behind.clear();
    next_.reset();
  }

  /// An event as a hub forwards it to this user's sessions.
  void hear(const Event& event, bool member) {
    if (event.kind == Event::Kind::joined) {
      if (event.user_id != user_) return;
      if (!conversations.contains(event.conversation_id)) behind.insert(event.conversation_id);
      return;
    }
    if (event.kind != Event::Kind::durable) return;
    if (std::find(event.left.begin(), event.left.end(), user_) != event.left.end()) {
      conversations.erase(event.conversation_id);
      behind.erase(event.conversation_id);
      return;
    }
    const auto found = conversations.find(event.conversation_id);
    if (!member || found == conversations.end()) return;
    ConversationCopy& copy = found->second;
    if (event.epoch != copy.epoch || event.after > copy.rev) behind.insert(event.conversation_id);  // a hole
    if (event.epoch != copy.epoch || event.after > copy.rev || event.rev <= copy.rev) return;
    const EventFrame frame = parse_frame(event.frame);
    EXPECT_EQ(frame.data.rev, event.rev);
    EXPECT_EQ(frame.data.after, event.after);
    copy.rev = event.rev;
    if (frame.data.message) {
      const bool fresh = !copy.messages.contains(frame.data.message->message_id);
      if (frame.type == "message.created" && event.after == event.rev - 1) EXPECT_TRUE(fresh);
      copy.put(*frame.data.message);
    }
    if (frame.data.members) {
      for (const MemberChange& member_change : *frame.data.members) copy.put(member_change);
    }
    if (frame.data.conversation) copy.name = frame.data.conversation->name;
  }

 private:
  void take(Db& db, const ConversationSync& part, const std::vector<SyncPosition>& named) {
    const std::string& id = part.conversation_id;
    const auto asked =
        std::find_if(named.begin(), named.end(), [&](const SyncPosition& each) { return each.conversation_id == id; });
    if (part.removed) {
      conversations.erase(id);
    } else if (part.reset) {
      start_over(db, id);
    } else if (!part.complete) {
      const auto held = conversations.find(id);
      const bool news =
          held == conversations.end() || held->second.rev != *part.rev || held->second.epoch != *part.epoch;
      if (news || asked != named.end()) behind.insert(id);
    } else {
      page(part, asked == named.end() ? 0 : asked->rev);
    }
  }

  void page(const ConversationSync& part, std::int64_t since) {
    ConversationCopy& copy = conversations[part.conversation_id];
    std::int64_t last = since;
    for (const Message& message : *part.messages) {
      EXPECT_GT(message.rev, last) << "messages come in order of rev, none twice";
      last = message.rev;
      copy.put(message);
    }
    for (const MemberChange& member : *part.members) {
      EXPECT_GT(member.rev, since);
      EXPECT_LE(member.rev, *part.rev) << "a rev is never split";
      copy.put(member);
    }
    EXPECT_LE(last, *part.rev);
    EXPECT_TRUE(*part.complete || *part.rev > since) << "a page makes progress";
    copy.epoch = *part.epoch;
    copy.rev = *part.rev;
    copy.me = *part.me;
    if (part.conversation) copy.name = part.conversation->name;
    if (!*part.complete) behind.insert(part.conversation_id);
  }

  /// After a reset: the conversation as it is, and its history page by page.
  void start_over(Db& db, const std::string& id) {
    conversations.erase(id);
    auto reader = read_membership(db, tenant_, id, user_);
    ASSERT_TRUE(reader);
    ConversationCopy& copy = conversations[id];
    copy.epoch = reader->conversation.epoch;
    copy.rev = reader->conversation.rev;
    copy.name = reader->conversation.name;
    PagePosition position;
    position.after_seq = 0;
    for (bool more = true; more;) {
      auto page = read_messages(db, *reader, position, 7);
      ASSERT_TRUE(page);
      for (Message& message : page->messages) {
        if (message.status == MessageStatus::delivered || message.status == MessageStatus::read)
          message.status = MessageStatus::sent;
        position.after_seq = message.seq;
        copy.put(message);
      }
      more = page->has_more;
    }
    auto members = list_members(db, tenant_, id, "", 100);
    ASSERT_TRUE(members);
    for (const MemberRow& member : *members) copy.put(change_of(member));
    auto own = own_state(db, reader->conversation, reader->me);
    ASSERT_TRUE(own);
    copy.me = *own;
  }

  const std::string tenant_, user_;
  SyncToken token_;                // kept when everything was asked for
  std::optional<SyncToken> next_;  // while it is not
};

}  // namespace aiim::test
