// The reference model of the sync test: conversations as plain values, changed by plain rules. It numbers by itself,
// and says which requests are refused; what the store answers must be the same.
#pragma once
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/access.h"
#include "wire/conversation.h"
#include "wire/stream.h"

namespace aiim::test {

struct ModelMessage {
  Message shown;                                          // as every member sees it
  std::vector<std::string> named;                         // in its content
  std::set<std::string> mentioned;                        // of them: members when it was said
  std::set<std::pair<std::string, std::string>> reacted;  // emoji, user
  std::string written;                                    // by an open stream
  Time lease_until;                                       // of it
};

struct ModelMember {
  MemberRole role = MemberRole::member;
  bool present = false;
  std::int64_t joined = 0;  // order of joining
  std::int64_t delivered = 0, read = 0;
  bool muted = false, pinned = false;
};

struct ModelConversation {
  std::string id;
  bool direct = false;
  std::string name;
  std::string epoch;
  std::int64_t rev = 1;
  std::map<std::string, ModelMember> members;
  std::vector<ModelMessage> messages;  // seq - 1

  bool has(const std::string& user) const {
    const auto found = members.find(user);
    return found != members.end() && found->second.present;
  }
  MemberRole role(const std::string& user) const { return members.at(user).role; }
  std::int64_t count() const {
    return std::count_if(members.begin(), members.end(), [](const auto& each) { return each.second.present; });
  }
  ModelMessage* find(const std::string& message_id) {
    const auto found = std::find_if(messages.begin(), messages.end(),
                                    [&](const ModelMessage& each) { return each.shown.message_id == message_id; });
    return found == messages.end() ? nullptr : &*found;
  }

  // --- members ---
  void join(const std::string& user, MemberRole with, std::int64_t order) {
    ModelMember& member = members[user];
    member.present = true;
    member.role = with;
    member.joined = order;
  }
  /// The one who follows when `user` is gone: an owner, else the oldest admin, else the oldest member.
  std::string heir_of(const std::string& user) const {
    std::string best;
    const auto key = [&](const std::string& id) {
      const ModelMember& member = members.at(id);
      return std::tuple(-static_cast<int>(member.role), member.joined, id);
    };
    for (const auto& [id, member] : members) {
      if (member.present && id != user && (best.empty() || key(id) < key(best))) best = id;
    }
    return best;
  }
  bool remove(const std::string& actor, const std::string& user) {
    if (direct || !has(actor) || !has(user)) return false;
    if (actor != user && !may_govern(role(actor), role(user))) return false;
    const std::string heir = role(user) == MemberRole::owner ? heir_of(user) : "";
    members[user].present = false;
    if (!heir.empty()) members[heir].role = MemberRole::owner;
    rev++;
    return true;
  }
  bool change_role(const std::string& actor, const std::string& user, MemberRole to) {
    if (direct || !has(actor) || !has(user)) return false;
    const bool down = actor == user && to <= role(actor);
    if (!down && (!may_govern(role(actor), role(user)) || !may_grant(role(actor), to))) return false;
    if (role(user) == to) return true;
    if (role(user) == MemberRole::owner && role(heir_of(user).empty() ? user : heir_of(user)) != MemberRole::owner)
      return false;
    if (role(user) == MemberRole::owner && heir_of(user).empty()) return false;
    members[user].role = to;
    rev++;
    return true;
  }

  // --- what a member is told about itself ---
  std::int64_t unread(const std::string& user) const {
    std::int64_t number = 0;
    for (const ModelMessage& each : messages) {
      number += each.shown.seq > members.at(user).read && each.shown.sender_id != user &&
                each.shown.status != MessageStatus::recalled;
    }
    return number;
  }
  std::int64_t mentions(const std::string& user) const {
    std::int64_t number = 0;
    for (const ModelMessage& each : messages) {
      number += each.shown.seq > members.at(user).read && each.mentioned.contains(user);
    }
    return number;
  }

  // --- messages ---
  void mention(ModelMessage& message, const std::vector<std::string>& now) {
    for (const std::string& user : message.named) {
      if (std::find(now.begin(), now.end(), user) == now.end()) message.mentioned.erase(user);
    }
    for (const std::string& user : now) {
      if (has(user) && user != message.shown.sender_id) message.mentioned.insert(user);
    }
    message.named = now;
  }
  void react(ModelMessage& message, const std::string& emoji, const std::string& user, bool remove) {
    std::vector<Reaction>& all = message.shown.reactions;
    auto found = std::find_if(all.begin(), all.end(), [&](const Reaction& each) { return each.emoji == emoji; });
    if (remove) {
      message.reacted.erase({emoji, user});
      std::erase(found->user_ids, user);
      if (--found->count == 0) all.erase(found);
    } else {
      message.reacted.insert({emoji, user});
      if (found == all.end()) found = all.insert(all.end(), Reaction{emoji, 0, {}});
      found->count++;
      found->user_ids.push_back(user);
    }
    message.shown.rev = ++rev;
  }
};

}  // namespace aiim::test
