#include "store/changes.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "store/changed_messages.h"
#include "store/streams.h"
#include "wire/events.h"
#include "wire/member_events.h"

namespace aiim {
namespace {

constexpr std::int64_t cursors_shown_max = 100;
// One request changes at most 100 members and one heir: so many rows always hold a whole rev beyond a full page.
constexpr std::int64_t member_rows_max = changes_page_max + 150;
constexpr std::size_t message_overhead_bytes = 500;  // a message's JSON beside its content, at most for usual ids
constexpr std::size_t member_bytes = 250;
constexpr std::size_t cursor_bytes = 130;
constexpr std::size_t page_overhead_bytes = 600;

const Statement select_changed_members(
    "select_changed_members",
    "SELECT user_id, role, joined_at, left_at, rev, delivered_seq, read_seq, joined_rev FROM conversation_members "
    "WHERE tenant_id = $1 AND conversation_id = $2 AND rev > $3 AND rev >= 0 ORDER BY rev LIMIT $4");
const Statement count_changed_members(
    "count_changed_members",
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM conversation_members WHERE tenant_id = $1 AND conversation_id = $2 "
    "AND rev > $3 AND rev >= 0 LIMIT 1001) AS n");

std::size_t size_of(const Message& message) {
  std::size_t bytes = message.content.text.size() + message_overhead_bytes;
  for (const Reaction& reaction : message.reactions) {
    bytes += reaction.emoji.size() + 40;
    for (const std::string& user_id : reaction.user_ids) bytes += user_id.size() + 3;
  }
  return bytes;
}

struct ChangedMember {
  MemberChange change;
  std::int64_t joined_rev = 0;
};

struct Changed {
  std::vector<Message> messages;
  std::vector<ChangedMember> members;
  bool cut = false;  // there may be more beyond what was read
};

Result<Changed> read_changed(Db& db, const ConversationRow& row, std::int64_t since, std::int64_t limit) {
  Changed changed;
  TRY_AS(messages, messages_after_rev(db, row, since, limit + 1));
  changed.messages = std::move(messages);
  changed.cut = static_cast<std::int64_t>(changed.messages.size()) > limit;
  TRY_AS(shown, show_streaming_within(db, row.tenant_id, changed.messages, sync_bytes_max));
  const bool too_long = shown < changed.messages.size();
  changed.messages.resize(shown);
  TRY(db.run(select_changed_members, {row.tenant_id, row.conversation_id, since, member_rows_max}, [&](const Row& r) {
    MemberChange change{r.string(0),  named<MemberRole>(r.text(1)).value_or(MemberRole::member),
                        r.time(2),    r.optional_time(3),
                        r.integer(4), r.integer(5),
                        r.integer(6)};
    changed.members.push_back({std::move(change), r.integer(7)});
  }));
  changed.cut = changed.cut || too_long || static_cast<std::int64_t>(changed.members.size()) == member_rows_max;
  if (too_long) {
    std::erase_if(changed.members,
                  [&](const ChangedMember& each) { return each.change.rev > changed.messages.back().rev; });
  }
  return changed;
}

/// Walks the revs of `changed` in order. visit(rev, message or null, members) returns false to stop before that rev.
template <class Visit>
void each_rev(const Changed& changed, const Visit& visit) {
  std::size_t m = 0, n = 0;
  while (m < changed.messages.size() || n < changed.members.size()) {
    std::int64_t message_rev = m < changed.messages.size() ? changed.messages[m].rev : INT64_MAX;
    std::int64_t member_rev = n < changed.members.size() ? changed.members[n].change.rev : INT64_MAX;
    std::int64_t rev = std::min(message_rev, member_rev);
    std::size_t end = n;
    while (end < changed.members.size() && changed.members[end].change.rev == rev) ++end;
    const Message* message = message_rev == rev ? &changed.messages[m] : nullptr;
    if (!visit(rev, message, std::span(changed.members).subspan(n, end - n))) return;
    if (message) ++m;
    n = end;
  }
}

ConversationSync reset_for(const ConversationRow& row, ResetReason reason) {
  ConversationSync out;
  out.conversation_id = row.conversation_id;
  out.epoch = row.epoch;
  out.rev = row.rev;
  out.reset = true;
  out.reason = reason;
  return out;
}

Result<bool> too_far(Db& db, const ConversationRow& row, std::int64_t since,
                     std::int64_t behind_max = changes_behind_max) {
  if (row.rev - since <= behind_max) return false;
  TRY_AS(changes, count_after_rev(db, row, since));
  TRY(db.run(count_changed_members, {row.tenant_id, row.conversation_id, since},
             [&](const Row& r) { changes += r.integer(0); }));
  return changes > behind_max;
}

Result<std::optional<ResetReason>> must_reset(Db& db, const ConversationRow& row, const ChangesQuery& query) {
  if (!query.epoch.empty() && query.epoch != row.epoch) return std::optional(ResetReason::epoch);
  if (query.since_rev > row.rev || query.since_rev < 0) return std::optional(ResetReason::unknown);
  TRY_AS(far, too_far(db, row, query.since_rev, query.behind_max));
  return far ? std::optional(ResetReason::too_far) : std::nullopt;
}

Result<std::vector<Cursor>> cursors_of(Db& db, const Membership& reader) {
  const ConversationRow& row = reader.conversation;
  std::vector<Cursor> cursors;
  if (row.member_count > cursors_shown_max) {
    cursors.push_back({reader.me.user_id, reader.me.delivered_seq, reader.me.read_seq});
    return cursors;
  }
  TRY_AS(members, list_members(db, row.tenant_id, row.conversation_id, "", cursors_shown_max));
  for (const MemberRow& member : members) cursors.push_back({member.user_id, member.delivered_seq, member.read_seq});
  return cursors;
}

/// A change of members as one event of a hole's repair, and `joined` events for those who are new since `since`.
void append_member_events(std::vector<std::shared_ptr<const Event>>& events, const Event& base, std::int64_t since,
                          std::span<const ChangedMember> members, const std::string& created_frame) {
  Event event = base;
  std::vector<MemberChange> changes;
  for (const ChangedMember& member : members) {
    changes.push_back(member.change);
    if (member.change.left_at) {
      event.left.push_back(member.change.user_id);
    } else if (member.joined_rev > since) {
      event.joined.push_back(member.change.user_id);
    }
  }
  MemberEvent what = !event.left.empty()     ? MemberEvent::left
                     : !event.joined.empty() ? MemberEvent::joined
                                             : MemberEvent::updated;
  event.frame = member_event(what, event.conversation_id, event.rev, event.after, changes);
  if (!event.left.empty()) event.frame_left = conversation_removed(event.conversation_id, event.rev, event.after);
  std::vector<std::string> joined = event.joined;
  events.push_back(std::make_shared<const Event>(std::move(event)));
  for (std::string& user_id : joined) {
    Event personal = base;
    personal.kind = Event::Kind::joined;
    personal.user_id = std::move(user_id);
    personal.frame = created_frame;
    events.push_back(std::make_shared<const Event>(std::move(personal)));
  }
}

}  // namespace

Result<ConversationSync> stub_of(Db& db, const Membership& membership) {
  const ConversationRow& row = membership.conversation;
  ConversationSync out;
  out.conversation_id = row.conversation_id;
  out.epoch = row.epoch;
  out.rev = row.rev;
  out.last_seq = row.last_seq;
  if (row.min_seq > 1) out.min_seq = row.min_seq;
  TRY_AS(unread, count_unread(db, row.tenant_id, row.conversation_id, membership.me.user_id, membership.me.read_seq));
  out.unread_count = unread;
  return out;
}

Result<ConversationSync> read_changes(Db& db, const Membership& reader, const ChangesQuery& query,
                                      std::size_t& bytes_left, bool first) {
  const ConversationRow& row = reader.conversation;
  auto charge = [&](std::size_t bytes) { bytes_left -= std::min(bytes, bytes_left); };
  TRY_AS(reason, must_reset(db, row, query));
  if (reason) {
    ConversationSync reset = reset_for(row, *reason);
    TRY_AS(view, view_conversation(db, row, &reader.me));
    charge(encode(view).size() + page_overhead_bytes);
    reset.conversation.emplace(std::move(view));
    return reset;
  }
  std::int64_t limit = std::clamp<std::int64_t>(query.limit, 1, changes_page_max);
  TRY_AS(changed, read_changed(db, row, query.since_rev, limit));

  ConversationSync page;
  page.conversation_id = row.conversation_id;
  page.epoch = row.epoch;
  if (row.min_seq > 1) page.min_seq = row.min_seq;
  page.messages.emplace();
  page.members.emplace();
  std::int64_t position = query.since_rev, taken = 0;
  std::size_t bytes = page_overhead_bytes;
  bool whole = true;
  each_rev(changed, [&](std::int64_t rev, const Message* message, std::span<const ChangedMember> members) {
    std::size_t size = members.size() * member_bytes + (message ? size_of(*message) : 0);
    auto count = static_cast<std::int64_t>(members.size()) + (message ? 1 : 0);
    bool fits = taken == 0 ? first || bytes + size <= bytes_left : taken + count <= limit && bytes + size <= bytes_left;
    if (!fits) return whole = false;
    if (message) page.messages->push_back(*message);
    for (const ChangedMember& member : members) page.members->push_back(member.change);
    position = rev;
    taken += count;
    bytes += size;
    return true;
  });
  bool complete = whole && !changed.cut;
  if (!complete && taken == 0) return stub_of(db, reader);
  if (complete) position = row.rev;
  page.rev = position;
  page.complete = complete;
  page.has_more = !complete;
  TRY_AS(cursors, cursors_of(db, reader));
  bytes += cursors.size() * cursor_bytes;
  page.cursors.emplace(std::move(cursors));
  TRY_AS(own, own_state(db, row, reader.me));
  page.me.emplace(own);
  if (row.own_rev > query.since_rev && row.own_rev <= position) {
    TRY_AS(view, view_conversation(db, row, &reader.me));
    bytes += encode(view).size();
    page.conversation.emplace(std::move(view));
  }
  charge(bytes);
  return page;
}

Result<RepairPage> read_repair(Db& db, std::string_view tenant_id, std::string_view conversation_id, std::int64_t rev,
                               std::int64_t highest_seq) {
  RepairPage page;
  TRY_AS(row, find_conversation(db, tenant_id, conversation_id));
  if (!row) {
    page.gone = true;
    return page;
  }
  page.epoch = row->epoch;
  page.rev = row->rev;
  TRY_AS(far, too_far(db, *row, rev));
  page.reset = far || rev > row->rev;
  Event base;
  base.tenant_id = row->tenant_id;
  base.conversation_id = row->conversation_id;
  base.epoch = row->epoch;
  TRY_AS(view, view_conversation(db, *row, nullptr));
  std::int64_t after = rev;
  auto step = [&](std::int64_t to) {
    Event event = base;
    event.rev = to;
    event.after = after;
    after = to;
    return event;
  };
  auto add = [&](Event event) { page.events.push_back(std::make_shared<const Event>(std::move(event))); };
  if (page.reset) {
    Event event = step(row->rev);
    event.frame = conversation_updated(view, row->rev - 1);  // what was left out must show as a hole
    add(std::move(event));
    return page;
  }
  TRY_AS(changed, read_changed(db, *row, rev, changes_page_max));
  bool own_pending = row->own_rev > rev;
  auto add_own = [&] {
    own_pending = false;
    Conversation then = view;
    then.rev = row->own_rev;
    Event event = step(row->own_rev);
    event.frame = conversation_updated(then, event.after);
    add(std::move(event));
  };
  std::int64_t taken = 0;
  bool whole = true;
  each_rev(changed, [&](std::int64_t at, const Message* message, std::span<const ChangedMember> members) {
    if (changed.cut && taken >= changes_page_max) return whole = false;
    if (own_pending && row->own_rev < at) add_own();
    Event event = step(at);
    if (message) {
      bool fresh = message->seq > highest_seq;
      event.seq = fresh ? message->seq : 0;
      if (message->stream_id && message->is_end) event.stream_id = *message->stream_id;
      event.frame = fresh ? message_created(*message, event.after) : message_updated(*message, event.after);
      add(std::move(event));
    } else {
      append_member_events(page.events, event, rev, members, conversation_created(view, event.after));
    }
    taken += static_cast<std::int64_t>(members.size()) + (message ? 1 : 0);
    return true;
  });
  page.more = !whole || changed.cut;
  if (!page.more && own_pending) add_own();
  page.rev = page.more ? after : row->rev;
  return page;
}

}  // namespace aiim
