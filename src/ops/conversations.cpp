#include "ops/conversations.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "base/ids.h"
#include "ops/common.h"
#include "ops/in_conversation.h"
#include "ops/operation.h"
#include "store/changes.h"
#include "store/idempotency.h"
#include "store/sync.h"
#include "store/users.h"

namespace aiim {
namespace {

Result<NewConversation> checked(const Caller& caller, const CreateConversation& request, const Settings& settings,
                                Time now) {
  NewConversation wanted;
  wanted.tenant_id = caller.tenant_id();
  wanted.conversation_id = make_id("conv_", now);
  wanted.type = request.type;
  wanted.creator_id = caller.user_id();
  TRY_AS(ids, user_ids_of("member_ids", request.member_ids));
  std::erase(ids, caller.user_id());
  wanted.member_ids = std::move(ids);
  if (request.name) {
    TRY(check_name("name", *request.name));
  }
  if (request.type == ConversationType::direct) {
    if (wanted.member_ids.size() != 1)
      return Error::field("member_ids", "a direct conversation has exactly one other member");
  } else {
    wanted.name = request.name;
    if (static_cast<std::int64_t>(wanted.member_ids.size()) + 1 > settings.group_members_max) {
      return Error::field("member_ids", "the group would be too large");
    }
  }
  return wanted;
}

std::string hash_of(const NewConversation& wanted) {
  std::string text(name_of(wanted.type));
  text.append("\n").append(wanted.name.value_or("")).append("\n");
  for (const std::string& id : wanted.member_ids) text.append(id).append("\n");
  return hex(bytes_of(sha256(text)));
}

std::string encode_cursor(const ConversationRow& last) {
  return base64url(std::to_string(last.updated_at.ms) + "." + last.conversation_id);
}

Result<ListPosition> parse_cursor(std::string_view cursor) {
  auto plain = base64url_decode(cursor);
  ListPosition position;
  Error bad = Error::field("cursor", "is not a cursor of this list");
  if (!plain) return bad;
  auto [end, error] = std::from_chars(plain->data(), plain->data() + plain->size(), position.updated_at.ms);
  if (error != std::errc() || end == plain->data() + plain->size() || *end != '.') return bad;
  if (position.updated_at.ms < 0 || position.updated_at.ms > 253402300799999) return bad;
  position.conversation_id = plain->substr(static_cast<std::size_t>(end + 1 - plain->data()));
  if (!is_plain_id(position.conversation_id)) return bad;
  return position;
}

Result<MemberView> view_member(Db& db, const ConversationRow& row, std::string_view user_id) {
  TRY_AS(member, find_member(db, row.tenant_id, row.conversation_id, user_id));
  if (!member) return Error(ErrorCode::not_found);
  return view_of(*member);
}

}  // namespace

Async<Conversation> create_conversation_op(App& app, Caller caller, CreateConversation request) {
  CO_TRY_AS(wanted, checked(caller, request, app.settings, app.clock.now()));
  CO_TRY_AS(key, idempotency_key(caller, std::nullopt));
  std::function<Result<Conversation>(Tx&)> job = [&](Tx& tx) -> Result<Conversation> {
    IdempotentRequest repeat{caller.tenant_id(), caller.user_id(), "create_conversation", key.value_or(""),
                             hash_of(wanted)};
    if (key) {
      TRY_AS(earlier, find_result(tx.db, repeat));
      if (earlier) {
        TRY_AS(membership, read_membership(tx.db, caller.tenant_id(), *earlier, caller.user_id()));
        return view_conversation(tx.db, membership.conversation, &membership.me);
      }
    }
    TRY_AS(conversation, create_conversation(tx, wanted));
    if (key) {
      TRY(keep_result(tx, repeat, conversation.conversation_id));
    }
    TRY(audit(tx, caller, "create_conversation", conversation.conversation_id));
    return std::move(conversation);
  };
  co_return co_await app.store.write<Conversation>(std::move(job));
}

Async<ConversationsPage> list_conversations(App& app, Caller caller, ListConversations request) {
  CO_TRY_AS(limit, page_size(request.limit));
  // A time before 1970 says nothing more, and not every database can hold it.
  const Time updated_since = std::max(request.updated_since.value_or(Time{0}), Time{0});
  ListPosition from;
  if (request.cursor) {
    CO_TRY_AS(position, parse_cursor(*request.cursor));
    from = std::move(position);
  }
  std::function<Result<ConversationsPage>(Db&)> job = [&](Db& db) -> Result<ConversationsPage> {
    TRY_AS(token, token_now(db));
    TRY_AS(memberships, list_memberships(db, caller.tenant_id(), caller.user_id(), from, updated_since, limit + 1));
    ConversationsPage page;
    page.sync_token = encode_token(token);
    if (static_cast<std::int64_t>(memberships.size()) > limit) {
      memberships.pop_back();
      page.next_cursor = encode_cursor(memberships.back().conversation);
    }
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < memberships.size(); ++i) {
      TRY_AS(view, view_conversation(db, memberships[i].conversation, &memberships[i].me));
      if (view.last_message) bytes += view.last_message->content.text.size();
      if (i > 0 && bytes > sync_bytes_max) {
        page.next_cursor = encode_cursor(memberships[i - 1].conversation);
        break;
      }
      page.conversations.push_back(std::move(view));
    }
    return page;
  };
  co_return co_await app.store.read<ConversationsPage>(std::move(job));
}

Async<Conversation> get_conversation(App& app, Caller caller, ConversationId request) {
  auto look = [](Db& db, const Membership& m) { return view_conversation(db, m.conversation, &m.me); };
  co_return co_await with_member<Conversation>(app, caller, request.conversation_id, look);
}

Async<Conversation> update_conversation(App& app, Caller caller, UpdateConversation request) {
  if (request.name) {
    CO_TRY(check_name("name", *request.name));
  }
  auto change = [&](Tx& tx, Membership& m) -> Result<Conversation> {
    if (request.name) {
      TRY(rename_conversation(tx, m, *request.name));
      TRY(audit(tx, caller, "update_conversation", request.conversation_id));
    }
    TRY(set_own_flags(tx, m, request.muted, request.pinned));
    return view_conversation(tx.db, m.conversation, &m.me);
  };
  co_return co_await with_locked<Conversation>(app, caller, request.conversation_id, change);
}

Async<Nothing> leave_conversation(App& app, Caller caller, ConversationId request) {
  auto change = [&](Tx& tx, Membership& m) -> Result<Nothing> {
    TRY(remove_member(tx, m, caller.user_id()));
    TRY(audit(tx, caller, "leave_conversation", request.conversation_id, caller.user_id()));
    return Nothing();
  };
  co_return co_await with_locked<Nothing>(app, caller, request.conversation_id, change);
}

Async<MembersPage> list_members_op(App& app, Caller caller, ListMembers request) {
  CO_TRY_AS(limit, page_size(request.limit));
  auto look = [&](Db& db, const Membership& m) -> Result<MembersPage> {
    TRY_AS(rows,
           list_members(db, m.conversation.tenant_id, request.conversation_id, request.cursor.value_or(""), limit + 1));
    MembersPage page;
    if (static_cast<std::int64_t>(rows.size()) > limit) {
      rows.pop_back();
      page.next_cursor = rows.back().user_id;
    }
    for (const MemberRow& row : rows) page.members.push_back(view_of(row));
    return page;
  };
  co_return co_await with_member<MembersPage>(app, caller, request.conversation_id, look);
}

Async<MembersPage> add_members_op(App& app, Caller caller, AddMembers request) {
  CO_TRY_AS(ids, user_ids_of("user_ids", request.user_ids));
  if (ids.empty()) co_return Error::field("user_ids", "must name at least one user");
  auto change = [&](Tx& tx, Membership& m) -> Result<MembersPage> {
    TRY(add_members(tx, m, ids, request.role.value_or(MemberRole::member), app.settings.group_members_max));
    MembersPage page;
    for (const std::string& id : ids) {
      TRY_AS(view, view_member(tx.db, m.conversation, id));
      page.members.push_back(std::move(view));
      TRY(audit(tx, caller, "add_members", request.conversation_id, id));
    }
    return page;
  };
  co_return co_await with_locked<MembersPage>(app, caller, request.conversation_id, change);
}

Async<MembersPage> change_role_op(App& app, Caller caller, ChangeRole request) {
  auto change = [&](Tx& tx, Membership& m) -> Result<MembersPage> {
    TRY_AS(changed, change_role(tx, m, request.user_id, request.role));
    TRY(audit(tx, caller, "change_role", request.conversation_id, request.user_id));
    MembersPage page;
    page.members.push_back(view_of(changed));
    return page;
  };
  co_return co_await with_locked<MembersPage>(app, caller, request.conversation_id, change);
}

Async<Nothing> remove_member_op(App& app, Caller caller, MemberId request) {
  auto change = [&](Tx& tx, Membership& m) -> Result<Nothing> {
    TRY(remove_member(tx, m, request.user_id));
    TRY(audit(tx, caller, "remove_member", request.conversation_id, request.user_id));
    return Nothing();
  };
  co_return co_await with_locked<Nothing>(app, caller, request.conversation_id, change);
}

Async<ConversationSync> read_changes_op(App& app, Caller caller, ReadChanges request) {
  CO_TRY_AS(limit, page_size(request.limit.value_or(changes_page_max)));
  auto look = [&](Db& db, const Membership& m) {
    ChangesQuery query;
    std::string epoch = request.epoch.value_or("");
    query.epoch = epoch;
    query.since_rev = request.since_rev.value_or(0);
    query.limit = limit;
    std::size_t bytes_left = sync_bytes_max;
    return read_changes(db, m, query, bytes_left, true);
  };
  co_return co_await with_member<ConversationSync>(app, caller, request.conversation_id, look);
}

Async<SyncReply> sync(App& app, Caller caller, SyncRequest request) {
  if (request.conversations && request.conversations->size() > sync_conversations_max) {
    co_return Error::field("conversations", "may name at most 500 conversations");
  }
  std::optional<SyncToken> since;
  if (request.since) {
    auto parsed = parse_token(*request.since);
    if (!parsed) co_return Error::field("since", "is not a sync token");
    since = *parsed;
  }
  const std::vector<SyncPosition> named = std::move(request.conversations).value_or(std::vector<SyncPosition>());
  std::function<Result<SyncReply>(Db&)> job = [&](Db& db) -> Result<SyncReply> {
    TRY_AS(token, token_now(db));
    return read_sync(db, caller.tenant_id(), caller.user_id(), named, since, token);
  };
  co_return co_await app.store.read<SyncReply>(std::move(job));
}

Async<std::string> hello_sync_token(App& app, Caller) {
  std::function<Result<std::string>(Db&)> job = [](Db& db) -> Result<std::string> {
    TRY_AS(token, token_now(db));
    return encode_token(token);
  };
  co_return co_await app.store.read<std::string>(std::move(job));
}

OPERATION(create_conversation_op);
OPERATION(list_conversations);
OPERATION(get_conversation);
OPERATION(update_conversation);
OPERATION(leave_conversation);
OPERATION(list_members_op);
OPERATION(add_members_op);
OPERATION(change_role_op);
OPERATION(remove_member_op);
OPERATION(read_changes_op);
OPERATION(sync);

}  // namespace aiim
