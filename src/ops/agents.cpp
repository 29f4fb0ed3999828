// Listens for its bot as any device would, with a session of the hub that has no socket, and looks into the store at
// the start and every few seconds for what it missed. What it hears is only a hint which conversation to look at.
#include "ops/agents.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "ai/echo.h"
#include "base/ids.h"
#include "base/log.h"
#include "hub/hub.h"
#include "ops/agent_answers.h"
#include "store/agents.h"
#include "store/users.h"

namespace aiim {
namespace asio = boost::asio;
namespace {

constexpr std::string_view agent_id = "echo";
constexpr std::int64_t look_every_ms = 5000;
constexpr std::size_t conversations_at_once = 64;
constexpr std::int64_t conversations_read = 1000;

/// The conversation of a frame that tells of a message, new or changed; empty for every other.
std::string_view conversation_in(std::string_view frame) {
  for (std::string_view head : {R"({"type":"message.created","data":{"conversation_id":")",
                                R"({"type":"message.updated","data":{"conversation_id":")"}) {
    if (!frame.starts_with(head)) continue;
    frame.remove_prefix(head.size());
    return frame.substr(0, frame.find('"'));
  }
  return {};
}

/// Calls take(payload) for each of the server's frames in `bytes`; they are whole.
template <class Take>
void each_frame(std::string_view bytes, const Take& take) {
  while (bytes.size() >= 2) {
    std::size_t length = static_cast<unsigned char>(bytes[1]) & 0x7F, header = 2;
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (bytes.size() < header + more) return;
    if (more > 0) length = 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | static_cast<unsigned char>(bytes[header + i]);
    header += more;
    take(bytes.substr(header, length));
    bytes.remove_prefix(std::min(bytes.size(), header + length));
  }
}

class AgentSession final : public Session {
 public:
  AgentSession(App& app, asio::steady_timer& wake) : hub_(app.hub), wake_(wake) {
    session_id_ = make_id("sess_", app.clock.now());
  }
  ~AgentSession() override {
    if (attaching() || user() != nullptr) hub_.detach(*this);
  }
  AgentSession(const AgentSession&) = delete;
  AgentSession& operator=(const AgentSession&) = delete;

  void end(std::uint16_t, std::string_view) override { outbox.clear(); }
  void mark_dirty() override {
    dirty_ = true;
    wake_.cancel();
  }
  std::string_view credential_id() const override { return {}; }

  bool dirty() const { return dirty_; }
  /// Again after its end, or after it could not be let in.
  void attach_if_needed(const std::string& tenant_id) {
    if (attaching() || user() != nullptr) return;
    auto waits = std::make_shared<const bool>(true);
    attaching_ = waits;
    hub_.attach(*this, tenant_id, std::string(agent_id), [waits = std::move(waits)](Result<>) {});
  }
  void take_hints(std::set<std::string>& conversations) {
    dirty_ = false;
    iovec pieces[64];
    while (const int count = outbox.gather(pieces, 64)) {
      std::size_t bytes = 0;
      for (int i = 0; i < count; ++i) {
        bytes += pieces[i].iov_len;
        each_frame({static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len}, [&](std::string_view frame) {
          if (auto id = conversation_in(frame); !id.empty()) conversations.emplace(id);
        });
      }
      outbox.consume(bytes);
    }
  }

 private:
  bool attaching() const { return !attaching_.expired(); }

  Hub& hub_;
  asio::steady_timer& wake_;
  // Held by what the hub calls when it has answered, so that it ends with the hub too: a session that waits for the
  // answer may be destroyed after that.
  std::weak_ptr<const bool> attaching_;
  bool dirty_ = false;
};

/// Shared by the agent's loop and its tasks: whichever ends last takes it along.
struct EchoAgent {
  EchoAgent(App& the_app, Caller caller)
      : app(the_app), wake(the_app.io), agent{std::move(caller), provider}, session(the_app, wake) {}

  App& app;
  asio::steady_timer wake;
  ai::EchoProvider provider;
  Agent agent;
  AgentSession session;
  std::set<std::string> due;
  std::set<std::string> running;
};

/// Takes a conversation's name off the list however its task ends.
class Running {
 public:
  Running(std::shared_ptr<EchoAgent> echo, std::string id) : echo_(std::move(echo)), id_(std::move(id)) {
    echo_->running.insert(id_);
  }
  ~Running() {
    if (!echo_) return;
    echo_->running.erase(id_);
    echo_->wake.cancel();
  }
  Running(Running&&) = default;
  Running& operator=(Running&&) = delete;
  EchoAgent& echo() { return *echo_; }
  const std::string& id() const { return id_; }

 private:
  std::shared_ptr<EchoAgent> echo_;
  std::string id_;
};

asio::awaitable<void> work(Running running) {
  co_await answer_conversation(running.echo().app, running.echo().agent, running.id());
}

void start_due(const std::shared_ptr<EchoAgent>& echo, TaskGroup& tasks) {
  for (auto next = echo->due.begin(); next != echo->due.end() && echo->running.size() < conversations_at_once;) {
    if (echo->running.contains(*next)) {
      ++next;
      continue;
    }
    Running running(echo, *next);
    next = echo->due.erase(next);
    tasks.spawn("echo_agent", work(std::move(running)));
  }
}

Async<std::vector<std::string>> find_unread(App& app, const Caller& caller) {
  std::function<Result<std::vector<std::string>>(Db&)> job = [&](Db& db) {
    return unread_conversations(db, caller.tenant_id(), caller.user_id(), conversations_read);
  };
  co_return co_await app.store.read<std::vector<std::string>>(std::move(job));
}

Async<User> make_bot(App& app) {
  std::function<Result<User>(Tx&)> job = [&](Tx& tx) {
    return ensure_user(tx, app.settings.tenant_id, agent_id, "Echo", UserKind::bot);
  };
  co_return co_await app.store.write<User>(std::move(job));
}

Caller caller_of(const App& app) {
  auto identity = std::make_shared<Identity>();
  identity->tenant_id = app.settings.tenant_id;
  identity->user_id = agent_id;
  identity->kind = UserKind::bot;
  Caller caller;
  caller.identity = std::move(identity);
  caller.request_id = "echo";
  return caller;
}

asio::awaitable<void> sleep(asio::steady_timer& timer, std::int64_t ms) {
  boost::system::error_code woken;
  timer.expires_after(std::chrono::milliseconds(ms));
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

}  // namespace

asio::awaitable<void> run_echo_agent(App& app, TaskGroup& tasks) {
  auto echo = std::make_shared<EchoAgent>(app, caller_of(app));
  Result<User> bot = co_await make_bot(app);
  while (!bot) {
    co_await sleep(echo->wake, look_every_ms);
    bot = co_await make_bot(app);
  }
  if (bot->kind != UserKind::bot) {
    log_warn("echo_agent_off", {{"reason", "a person is called echo"}});
    co_return;
  }
  for (std::int64_t look_ms = 0;;) {
    if (steady_ms() >= look_ms) {
      echo->session.attach_if_needed(app.settings.tenant_id);
      auto unread = co_await find_unread(app, echo->agent.caller);
      if (unread) echo->due.insert(unread->begin(), unread->end());
      look_ms = steady_ms() + look_every_ms;
    }
    echo->session.take_hints(echo->due);
    start_due(echo, tasks);
    if (!echo->session.dirty()) co_await sleep(echo->wake, std::max<std::int64_t>(look_ms - steady_ms(), 1));
  }
}

}  // namespace aiim
