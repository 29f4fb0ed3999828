// A random history of the sync test: each change() asks the store for something, the model for the same, and compares
// what they say. One tenant, a few users who are in and out of a few conversations, times that are up to 5 s older than
// their commit.
#pragma once
#include <random>
#include <tuple>

#include "store/history.h"
#include "store/publishing.h"
#include "store/streams.h"
#include "store/sync.h"
#include "store/test_db.h"
#include "store/test_model.h"
#include "store/users.h"

namespace aiim::test {

inline const Statement set_epoch("test.sync.epoch",
                                 "UPDATE conversations SET epoch = $3 WHERE tenant_id = $1 AND conversation_id = $2");

constexpr std::int64_t group_max = 5;  // members
constexpr const char* emojis[] = {"+1", "\xE2\x9D\xA4", "ok"};

class History {
 public:
  History(Db& db, std::uint64_t seed, Time base)
      : db_(db), random_(seed), tenant_("t" + std::to_string(seed)), clock_(base), tx_{db, base, nullptr} {
    for (int i = 0; i < 4; ++i) users_.push_back("u" + std::to_string(i));
  }

  Db& db() { return db_; }
  const std::string& tenant() const { return tenant_; }
  const std::vector<std::string>& users() const { return users_; }
  std::vector<ModelConversation>& conversations() { return conversations_; }
  const EventBatch& events() const { return *tx_.events; }
  SyncToken token() const { return {clock_ + -10'000, {}}; }

  // --- chance ---
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n)); }
  std::size_t index(std::size_t n) { return static_cast<std::size_t>(below(static_cast<std::int64_t>(n))); }
  bool pick(std::int64_t one_in) { return below(one_in) == 0; }

  void change() {
    begin();
    if (conversations_.empty() || pick(9)) {
      create();
    } else {
      switch (below(16)) {
        case 0:
        case 1:
        case 2:
        case 3: send(); break;
        case 4:
        case 5: edit(); break;
        case 6: recall(); break;
        case 7:
        case 8: react(); break;
        case 9: add(); break;
        case 10: remove(); break;
        case 11: change_role(); break;
        case 12: rename(); break;
        case 13: pick(2) ? flags() : read(); break;
        case 14: stream(); break;
        case 15: pick(6) ? restore() : stream(); break;
      }
    }
  }

  bool is_member(const std::string& conversation, const std::string& user) {
    for (const ModelConversation& each : conversations_) {
      if (each.id == conversation) return each.has(user);
    }
    return false;
  }

 private:
  const std::string& somebody() { return users_[index(users_.size())]; }
  ModelConversation& somewhere() { return conversations_[index(conversations_.size())]; }

  // --- time: transactions are up to 5 s older than their commit ---
  void begin() {
    clock_ = clock_ + below(pick(4) ? 20'000 : 500);
    tx_.now = clock_ + -below(5'000);
    tx_.events = std::make_shared<EventBatch>();
  }

  template <class T>
  void same(const Result<T>& done, bool expected, const char* what) {
    EXPECT_EQ(done.has_value(), expected) << what << (done ? "" : ": " + done.error().detail);
  }
  Result<Membership> lock(const ModelConversation& in, const std::string& user) {
    auto locked = lock_membership(tx_, tenant_, in.id, user);
    EXPECT_EQ(locked.has_value(), in.has(user)) << "membership of " << user;
    return locked;
  }

  // --- conversations ---
  void create() {
    NewConversation wanted;
    wanted.tenant_id = tenant_;
    wanted.conversation_id = "c" + std::to_string(conversations_.size()) + tenant_;
    wanted.type = pick(3) ? ConversationType::direct : ConversationType::group;
    wanted.creator_id = somebody();
    const bool direct = wanted.type == ConversationType::direct;
    for (const std::string& user : users_) {
      if (user != wanted.creator_id && (direct ? wanted.member_ids.empty() : pick(2)))
        wanted.member_ids.push_back(user);
    }
    if (!direct) wanted.name = "n";
    auto made = create_conversation(tx_, wanted);
    ASSERT_TRUE(made);
    for (const ModelConversation& each : conversations_) {
      const bool same_pair = direct && each.direct && each.has(wanted.creator_id) && each.has(wanted.member_ids[0]);
      EXPECT_EQ(made->conversation_id == each.id, same_pair) << "one conversation per pair";
      if (same_pair) return;
    }
    ModelConversation model;
    model.id = made->conversation_id;
    model.direct = direct;
    model.name = direct ? "" : "n";
    model.epoch = made->epoch;
    model.join(wanted.creator_id, direct ? MemberRole::member : MemberRole::owner, tx_.now.ms);
    for (const std::string& user : wanted.member_ids) model.join(user, MemberRole::member, tx_.now.ms);
    conversations_.push_back(std::move(model));
  }
  void rename() {
    ModelConversation& in = somewhere();
    const std::string& user = somebody();
    auto locked = lock(in, user);
    if (!locked) return;
    const std::string name = "n" + std::to_string(below(3));
    const bool may = !in.direct && manages(in.role(user));
    same(rename_conversation(tx_, *locked, name), may, "rename");
    if (!may || in.name == name) return;
    in.name = name;
    in.rev++;
  }
  void restore() {
    ModelConversation& in = somewhere();
    in.epoch += "x";
    ASSERT_TRUE(db_.run(set_epoch, {tenant_, in.id, in.epoch}));
    // As a restore does it, everybody is told: by the conversation's time.
    auto row = find_conversation(db_, tenant_, in.id);
    ASSERT_TRUE(row && *row);
    ASSERT_TRUE(take_rev(tx_, **row));
    in.rev++;
  }

  // --- members ---
  void add() {
    ModelConversation& in = somewhere();
    const std::string &user = somebody(), &other = somebody();
    auto locked = lock(in, user);
    if (!locked) return;
    const auto role = static_cast<MemberRole>(below(3));
    const bool room = in.has(other) || in.count() < group_max;
    const bool may = !in.direct && may_grant(in.role(user), role) && room;
    same(add_members(tx_, *locked, {other}, role, group_max), may, "add");
    if (!may || in.has(other)) return;
    in.join(other, role, tx_.now.ms);
    in.rev++;
  }
  void remove() {
    ModelConversation& in = somewhere();
    const std::string user = somebody();
    const std::string other = pick(2) ? user : somebody();
    auto locked = lock(in, user);
    if (!locked) return;
    const bool removed = in.remove(user, other);
    same(remove_member(tx_, *locked, other), removed, "remove");
    if (!removed) return;
    for (ModelMessage& message : in.messages) {
      if (message.shown.sender_id == other) message.lease_until = tx_.now + -1;
    }
  }
  void change_role() {
    ModelConversation& in = somewhere();
    const std::string &user = somebody(), &other = somebody();
    auto locked = lock(in, user);
    if (!locked) return;
    const auto role = static_cast<MemberRole>(below(3));
    const bool may = in.change_role(user, other, role);
    same(aiim::change_role(tx_, *locked, other, role), may, "role");
  }
  void flags() {
    ModelConversation& in = somewhere();
    const std::string& user = somebody();
    auto locked = lock(in, user);
    if (!locked) return;
    ModelMember& me = in.members[user];
    me.muted = pick(2);
    me.pinned = pick(2);
    same(set_own_flags(tx_, *locked, me.muted, me.pinned), true, "flags");
  }
  void read() {
    ModelConversation& in = somewhere();
    CursorStep step;
    step.tenant_id = tenant_;
    step.conversation_id = in.id;
    step.user_id = somebody();
    step.read = pick(2);
    const auto last = static_cast<std::int64_t>(in.messages.size());
    step.seq = below(last + 2);
    const CursorStep* steps[] = {&step};
    CursorOutcome outcomes[1];
    ASSERT_TRUE(db_.advance_cursors(steps, outcomes, tx_.now));
    using enum CursorOutcome::Verdict;
    ModelMember& me = in.members[step.user_id];
    const bool moves = *step.seq > me.delivered || (step.read && *step.seq > me.read);
    const auto expected = !me.present ? no_member : *step.seq > last ? beyond_last : moves ? moved : unmoved;
    EXPECT_EQ(outcomes[0].verdict, expected);
    if (expected != moved) return;
    me.delivered = std::max(me.delivered, *step.seq);
    if (!step.read || *step.seq <= me.read) return;
    me.read = *step.seq;
    EXPECT_EQ(outcomes[0].unread_count, in.unread(step.user_id));
    EXPECT_EQ(outcomes[0].mention_count, in.mentions(step.user_id));
  }

  // --- messages ---
  RawJson content(std::vector<std::string>& named) {
    std::string text =
        "m" + std::to_string(++counter_) + std::string(static_cast<std::size_t>(pick(4) ? below(900) : 0), 'z');
    for (const std::string& user : users_) {
      if (pick(4)) named.push_back(user);
    }
    std::string json = R"({"text":")" + text + "\"";
    if (!named.empty()) json += R"(,"mentions":)" + encode(named);
    return RawJson{json + "}"};
  }
  MessageDraft draft(const ModelConversation& in) {
    MessageDraft made;
    made.tenant_id = tenant_;
    made.conversation_id = in.id;
    made.message_id = "m" + std::to_string(++counter_) + tenant_;
    made.sender_id = somebody();
    made.client_msg_id = pick(2) ? std::optional("k" + std::to_string(below(6))) : std::nullopt;
    made.content = content(made.mentions);
    made.request_hash = made.content.text;
    return made;
  }
  void append(const MessageDraft& made, const AppendOutcome& outcome) {
    using enum AppendOutcome::Verdict;
    ModelConversation& in = *std::find_if(conversations_.begin(), conversations_.end(),
                                          [&](const auto& each) { return each.id == made.conversation_id; });
    const auto key = std::tuple(in.id, made.sender_id, made.client_msg_id.value_or(""));
    const bool used = made.client_msg_id && keys_.contains(key);
    const auto expected = !in.has(made.sender_id) ? no_member : used ? mismatch : appended;
    ASSERT_EQ(outcome.verdict, expected);
    if (expected != appended) return;
    if (made.client_msg_id) keys_.insert(key);
    ModelMessage message;
    message.lease_until = tx_.now + stream_lease_ms;
    message.shown = appended_message(made, static_cast<std::int64_t>(in.messages.size()) + 1, ++in.rev, tx_.now);
    EXPECT_EQ(encode(message.shown), encode(outcome.message)) << "seq and rev are gapless";
    in.mention(message, made.mentions);
    in.messages.push_back(std::move(message));
    publish_appended(*tx_.events, made, outcome);
  }
  void send() {
    std::vector<MessageDraft> drafts;
    for (std::int64_t n = below(4) + 1; n > 0; --n) drafts.push_back(draft(somewhere()));
    std::vector<const MessageDraft*> batch;
    for (const MessageDraft& each : drafts) batch.push_back(&each);
    std::vector<AppendOutcome> outcomes(drafts.size());
    ASSERT_TRUE(db_.append_messages(batch, outcomes, tx_.now));
    for (std::size_t i = 0; i < drafts.size(); ++i) append(drafts[i], outcomes[i]);
  }
  ModelMessage* some_message(ModelConversation& in) {
    return in.messages.empty() ? nullptr : &in.messages[index(in.messages.size())];
  }
  void edit() {
    ModelConversation& in = somewhere();
    ModelMessage* message = some_message(in);
    if (!message) return;
    const std::string user = pick(4) ? somebody() : message->shown.sender_id;
    auto locked = lock(in, user);
    if (!locked) return;
    std::vector<std::string> named;
    const RawJson now = content(named);
    const bool may = user == message->shown.sender_id && message->shown.status == MessageStatus::sent;
    same(edit_message(tx_, *locked, message->shown.message_id, now, UserKind::human), may, "edit");
    if (!may) return;
    message->shown.content = now;
    message->shown.edited_at = tx_.now;
    message->shown.rev = ++in.rev;
    in.mention(*message, named);
  }
  void recall() {
    ModelConversation& in = somewhere();
    ModelMessage* message = some_message(in);
    if (!message) return;
    const std::string user = pick(3) ? somebody() : message->shown.sender_id;
    auto locked = lock(in, user);
    if (!locked) return;
    const bool recalled = message->shown.status == MessageStatus::recalled;
    const bool may = (user == message->shown.sender_id || manages(in.role(user))) &&
                     message->shown.status != MessageStatus::streaming;
    same(recall_message(tx_, *locked, message->shown.message_id), may, "recall");
    if (!may || recalled) return;
    in.mention(*message, {});
    message->shown.content = RawJson{};
    message->shown.status = MessageStatus::recalled;
    message->shown.reactions.clear();
    message->reacted.clear();
    message->shown.rev = ++in.rev;
  }
  void react() {
    ModelConversation& in = somewhere();
    ModelMessage* message = some_message(in);
    const std::string& user = somebody();
    auto locked = lock(in, user);
    if (!locked || !message) return;
    const std::string emoji = emojis[below(3)];
    const bool remove = pick(3), has = message->reacted.contains({emoji, user});
    const bool may = message->shown.status != MessageStatus::recalled;
    same(aiim::react(tx_, *locked, message->shown.message_id, emoji, remove), may, "react");
    if (may && has == remove) in.react(*message, emoji, user, remove);
  }
  void stream() {
    ModelConversation& in = somewhere();
    const auto open = std::find_if(in.messages.begin(), in.messages.end(), [](const ModelMessage& each) {
      return each.shown.status == MessageStatus::streaming;
    });
    if (open == in.messages.end()) return begin_stream(in);
    ModelMessage& message = *open;
    if (pick(3)) {
      StreamEnding ending;
      ending.outcome = StreamOutcome::cancelled;
      auto ended = end_stream(tx_, tenant_, message.shown.message_id, ending);
      ASSERT_TRUE(ended && *ended);
      StreamContent whole;
      whole.text = message.written;
      whole.finish_reason = "cancelled";
      whole.outcome = StreamOutcome::cancelled;
      message.shown.content = RawJson{encode(whole)};
      message.shown.status = MessageStatus::sent;
      message.shown.is_end = true;
      message.shown.rev = ++in.rev;
      return;
    }
    const std::string delta = "d" + std::to_string(++counter_);
    StreamOp op;
    op.delta = delta;
    const StreamAppend append{tenant_, message.shown.sender_id, message.shown.message_id, 0,
                              RawJson{encode(std::vector<StreamOp>{op})}};
    const bool may = in.has(message.shown.sender_id) && message.lease_until >= tx_.now;
    same(append_to_stream(tx_, append), may, "append to a stream");
    if (!may) return;
    message.lease_until = tx_.now + stream_lease_ms;
    message.written += delta;
    message.shown.chunk_index = message.shown.chunk_index.value_or(0) + 1;
  }
  void begin_stream(ModelConversation& in) {
    MessageDraft made = draft(in);
    made.content = RawJson{R"({"text":""})"};
    made.mentions.clear();
    made.client_msg_id.reset();
    made.stream = true;
    const MessageDraft* drafts[] = {&made};
    AppendOutcome outcomes[1];
    ASSERT_TRUE(db_.append_messages(drafts, outcomes, tx_.now));
    append(made, outcomes[0]);
  }

  Db& db_;
  std::mt19937_64 random_;
  const std::string tenant_;
  Time clock_;
  Tx tx_;
  std::vector<std::string> users_;
  std::vector<ModelConversation> conversations_;
  std::set<std::tuple<std::string, std::string, std::string>> keys_;
  int counter_ = 0;
};

}  // namespace aiim::test
