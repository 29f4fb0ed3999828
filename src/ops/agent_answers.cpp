#include "ops/agent_answers.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "core/stream_assembly.h"
#include "ops/messages.h"
#include "ops/streams.h"
#include "ops/users.h"
#include "store/agents.h"
#include "store/history.h"
#include "store/streams.h"
#include "store/users.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

constexpr std::int64_t backlog_messages = 200;  // looked at; older ones count as read
constexpr std::int64_t backlog_answers = 20;
constexpr std::int64_t others_renew_ms = 12'000;  // a lease renewed since then is in use
constexpr int tries_max = 20;
constexpr std::int64_t try_again_ms = 500;

struct Waiting {
  Message message;
  bool wanted = false;
  ai::Question question;
};

struct Backlog {
  bool group = false;
  std::vector<Waiting> messages;  // after the agent's cursor, in order
};

/// Reads one conversation with the agent's eyes, in one snapshot.
class BacklogReader {
 public:
  BacklogReader(Db& db, const Caller& agent, Membership me) : db_(db), agent_(agent), me_(std::move(me)) {}

  Result<Backlog> read() {
    const ConversationRow& row = me_.conversation;
    Backlog backlog;
    backlog.group = row.type == ConversationType::group;
    PagePosition position;
    position.after_seq = std::max(me_.me.read_seq, row.last_seq - backlog_messages);
    TRY_AS(page, read_messages(db_, me_, position, backlog_messages));
    for (Message& message : page.messages) {
      const bool own = message.sender_id == agent_.user_id();
      if (!own && message.status == MessageStatus::streaming) break;  // its end will be news
      Waiting waiting;
      TRY_AS(wanted, own ? Result<bool>(false) : wants(message, waiting.question));
      waiting.wanted = wanted;
      waiting.message = std::move(message);
      backlog.messages.push_back(std::move(waiting));
    }
    leave_old_ones(backlog);
    return backlog;
  }

 private:
  Result<bool> wants(const Message& message, ai::Question& question) {
    if (message.type == MessageType::system || message.type == MessageType::ai) return false;
    if (message.status == MessageStatus::recalled || message.created_at < me_.me.joined_at) return false;
    TRY_AS(sender, user_of(message.sender_id));
    if (!sender || sender->kind == UserKind::bot) return false;
    question.asked_by = sender->display_name;
    bool mentioned = false;
    TRY(read_content(message, question.text, mentioned));
    if (me_.conversation.type == ConversationType::direct || mentioned) return true;
    if (!message.reply_to) return false;
    TRY_AS(replied, find_message(db_, agent_.tenant_id(), message.conversation_id, *message.reply_to));
    return replied && replied->sender_id == agent_.user_id();
  }

  Result<> read_content(const Message& message, std::string& text, bool& mentioned) {
    TRY_AS(content, parser_.parse(message.content.text));
    std::string_view written;
    if (message.type == MessageType::text && !content["text"].get_string().get(written)) {
      text = written;
    } else {
      text = "[" + std::string(name_of(message.type)) + "]";
    }
    simdjson::dom::array mentions;
    if (content["mentions"].get_array().get(mentions)) return {};
    for (Json each : mentions) {
      std::string_view id;
      mentioned = mentioned || (!each.get_string().get(id) && id == agent_.user_id());
    }
    return {};
  }

  Result<std::optional<User>> user_of(const std::string& user_id) {
    auto [at, unknown] = users_.try_emplace(user_id);
    if (unknown) {
      TRY_AS(user, find_user(db_, agent_.tenant_id(), user_id));
      at->second = std::move(user);
    }
    return at->second;
  }

  static void leave_old_ones(Backlog& backlog) {
    std::int64_t answers = 0;
    for (auto each = backlog.messages.rbegin(); each != backlog.messages.rend(); ++each) {
      if (each->wanted && ++answers > backlog_answers) each->wanted = false;
    }
  }

  Db& db_;
  const Caller& agent_;
  Membership me_;
  JsonParser parser_;
  std::map<std::string, std::optional<User>> users_;
};

Async<Backlog> read_backlog(App& app, const Agent& agent, const std::string& conversation_id) {
  std::function<Result<Backlog>(Db&)> job = [&](Db& db) -> Result<Backlog> {
    const Caller& caller = agent.caller;
    TRY_AS(user, find_user(db, caller.tenant_id(), caller.user_id()));
    if (!user || user->status == UserStatus::suspended) return Error(ErrorCode::suspended);
    TRY_AS(membership, read_membership(db, caller.tenant_id(), conversation_id, caller.user_id()));
    return BacklogReader(db, caller, std::move(membership)).read();
  };
  co_return co_await app.store.read<Backlog>(std::move(job));
}

/// How far an answer has come that was begun earlier.
struct Begun {
  bool ended = false;
  bool in_use = false;  // its writer gave a sign of life lately
  std::int64_t n = 0;
};

Async<Begun> read_begun(App& app, const Agent& agent, const std::string& stream_id) {
  const bool alone = app.store.kind() == DbKind::sqlite;  // no second process: whoever wrote it is dead
  const Time now = app.clock.now();
  std::function<Result<Begun>(Db&)> job = [&](Db& db) -> Result<Begun> {
    const std::string& tenant_id = agent.caller.tenant_id();
    TRY_AS(place, find_stream(db, tenant_id, agent.caller.user_id(), stream_id));
    TRY(show_streaming(db, tenant_id, {&place.message, 1}));
    TRY_AS(lease, lease_of(db, tenant_id, stream_id));
    Begun begun;
    begun.ended = !lease;
    begun.in_use = lease && !alone && *lease > now + (stream_lease_ms - others_renew_ms);
    begun.n = place.message.chunk_index.value_or(0);
    return begun;
  };
  co_return co_await app.store.read<Begun>(std::move(job));
}

bool passes(const Error& error) { return info(error.code).retryable; }

asio::awaitable<void> pause(App& app) {
  asio::steady_timer timer(app.io, std::chrono::milliseconds(try_again_ms));
  co_await timer.async_wait(asio::use_awaitable);
}

/// Appends are repeatable: tried until the store has one, or says no.
Async<StreamAppended> append_stubbornly(App& app, const Agent& agent, AppendStream append) {
  for (int tries = 1;; ++tries) {
    AppendStream copy = append;
    Result<StreamAppended> done = co_await append_stream(app, agent.caller, std::move(copy));
    if (done || !passes(done.error()) || tries == tries_max) co_return std::move(done);
    co_await pause(app);
  }
}

Async<Nothing> end_stubbornly(App& app, const Agent& agent, EndStream end) {
  for (int tries = 1;; ++tries) {
    EndStream copy = end;
    Result<Nothing> done = co_await end_stream_op(app, agent.caller, std::move(copy));
    if (done || !passes(done.error()) || tries == tries_max) co_return std::move(done);
    co_await pause(app);
  }
}

/// Everything that the provider says, then the end. An error: somebody else ended it, or the store is away; the lease
/// ends what stays open.
Async<Nothing> write_answer(App& app, const Agent& agent, std::string stream_id, ai::Answer& answer, std::int64_t n) {
  EndStream end;
  end.stream_id = stream_id;
  for (;;) {
    auto piece = co_await answer.next();
    if (!piece) {
      end.status = StreamStatus::error;
      end.finish_reason = "error";
      break;
    }
    if (!*piece) break;
    if ((*piece)->empty()) {
      PingRequest renewal;
      renewal.stream_ids.emplace().push_back(stream_id);
      co_await ping(app, agent.caller, std::move(renewal));
      continue;
    }
    AppendStream append;
    append.stream_id = stream_id;
    append.n = ++n;
    append.ops = std::move(**piece);
    Result<StreamAppended> stored = co_await append_stubbornly(app, agent, std::move(append));
    if (stored) continue;
    if (stored.error().code != ErrorCode::too_large) co_return std::move(stored).error();
    end.finish_reason = "length";
    break;
  }
  co_return co_await end_stubbornly(app, agent, std::move(end));
}

/// False: come back later. True: it is answered, or never will be.
asio::awaitable<bool> answer(App& app, const Agent& agent, bool group, Waiting asked) {
  StartStream start;
  start.conversation_id = asked.message.conversation_id;
  start.client_msg_id = "answer:" + asked.message.message_id;
  if (group) start.reply_to = asked.message.message_id;
  Result<StreamStarted> started = co_await start_stream(app, agent.caller, std::move(start));
  if (!started) co_return !passes(started.error());
  std::int64_t written = 0;
  if (started->duplicate) {
    Result<Begun> begun = co_await read_begun(app, agent, started->stream_id);
    if (!begun) co_return !passes(begun.error());
    if (begun->ended) co_return true;
    if (begun->in_use) co_return false;
    written = begun->n;
  }
  auto words = agent.provider.answer(app.io, std::move(asked.question), written);
  if (!words) {
    EndStream end;
    end.stream_id = started->stream_id;
    end.status = StreamStatus::error;
    end.finish_reason = "restarted";
    co_await end_stubbornly(app, agent, std::move(end));
    co_return true;
  }
  Result<Nothing> done = co_await write_answer(app, agent, started->stream_id, *words, written);
  co_return done || !passes(done.error());
}

asio::awaitable<void> note_read(App& app, const Agent& agent, const Message& message) {
  MarkRequest mark;
  mark.conversation_id = message.conversation_id;
  mark.seq = message.seq;
  co_await mark_read(app, agent.caller, std::move(mark));  // where it fails, the message is met again and recognised
}

}  // namespace

asio::awaitable<bool> answer_conversation(App& app, const Agent& agent, std::string conversation_id) {
  for (;;) {
    Result<Backlog> backlog = co_await read_backlog(app, agent, conversation_id);
    if (!backlog) co_return !passes(backlog.error());
    if (backlog->messages.empty()) co_return true;
    const Message last = backlog->messages.back().message;
    for (Waiting& each : backlog->messages) {
      if (!each.wanted) continue;
      const Message asked = each.message;
      const bool answered = co_await answer(app, agent, backlog->group, std::move(each));
      if (!answered) co_return false;
      co_await note_read(app, agent, asked);
    }
    co_await note_read(app, agent, last);
  }
}

}  // namespace aiim
