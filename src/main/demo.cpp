#include "main/demo.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/ids.h"
#include "core/content_rules.h"
#include "main/server.h"
#include "main/user_commands.h"
#include "ops/passwords.h"
#include "store/auth.h"
#include "store/conversations.h"
#include "store/users.h"

namespace aiim {
namespace {

constexpr std::int64_t token_ttl_s = 24 * 3600;

const std::vector<DemoUser>& people() {
  static const std::vector<DemoUser> all = {{"alice", "Alice Liddell", "wonderland"},
                                            {"bob", "Bob Shen 沈", "waterloo"},
                                            {"carol", "Carol Danvers", "starforce"}};
  return all;
}

/// A data directory that lives as long as the demo.
class FreshDirectory {
 public:
  FreshDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "aiim-demo-XXXXXX").string();
    if (mkdtemp(pattern.data())) path_ = pattern;
  }
  ~FreshDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<> say(Tx& tx, const std::string& tenant_id, const std::string& conversation_id, const std::string& sender,
             std::string_view text) {
  MessageDraft draft;
  draft.tenant_id = tenant_id;
  draft.conversation_id = conversation_id;
  draft.message_id = make_id("msg_", tx.now);
  draft.sender_id = sender;
  draft.content = text_content(text);
  const MessageDraft* drafts[] = {&draft};
  AppendOutcome outcomes[1];
  TRY(tx.db.append_messages(drafts, outcomes, tx.now));
  if (outcomes[0].verdict != AppendOutcome::Verdict::appended)
    return Error(ErrorCode::internal, "the demo's messages were refused");
  return {};
}

Result<std::string> open_conversation(Tx& tx, const std::string& tenant_id, ConversationType type,
                                      std::optional<std::string> name, std::vector<std::string> others) {
  NewConversation wanted{tenant_id, make_id("conv_", tx.now), type, std::move(name), "alice", std::move(others)};
  TRY_AS(conversation, create_conversation(tx, wanted));
  return conversation.conversation_id;
}

/// The demo agent with a greeting that says what it can do.
Result<> add_agent(Tx& tx, const std::string& tenant_id) {
  TRY(ensure_user(tx, tenant_id, "echo", "Echo", UserKind::bot));
  TRY_AS(conversation, open_conversation(tx, tenant_id, ConversationType::direct, std::nullopt, {"echo"}));
  return say(tx, tenant_id, conversation, "echo",
             "Write me something and watch the answer grow. `/slow 10`, `/long 50`, `/tools` and `/fail` show more; "
             "anybody can stop me.");
}

Result<> fill(Tx& tx, const std::string& tenant_id, bool agent, std::string& group_id) {
  for (const DemoUser& person : people()) {
    TRY(ensure_user(tx, tenant_id, person.user_id, person.display_name));
    TRY_AS(hash, hash_password(person.password));
    TRY(set_password_hash(tx, tenant_id, person.user_id, hash));
  }
  TRY_AS(direct, open_conversation(tx, tenant_id, ConversationType::direct, std::nullopt, {"bob"}));
  TRY(say(tx, tenant_id, direct, "alice", "Hi Bob! Did the parcel arrive?"));
  TRY(say(tx, tenant_id, direct, "bob", "This morning, thank you 🎉"));
  if (agent) {
    TRY(add_agent(tx, tenant_id));
  }
  TRY_AS(group, open_conversation(tx, tenant_id, ConversationType::group, "Weekend trip", {"bob", "carol"}));
  TRY(say(tx, tenant_id, group, "alice", "Shall we take the early train on Saturday?"));
  TRY(say(tx, tenant_id, group, "carol", "好啊，我带早餐。"));
  TRY(say(tx, tenant_id, group, "bob", "See you at 7:40 on platform 3."));
  group_id = group;
  return {};
}

void show(const Settings& settings, const std::string& group_id, int port) {
  std::string host = settings.host + ":" + std::to_string(port), url = "http://" + host;
  std::printf("\nAIIM %s is ready: %s/\n\n", settings.version.c_str(), url.c_str());
  std::printf("  %-8s %-14s %s\n", "user", "password", "token (valid for 24 hours)");
  std::string alice;
  for (const DemoUser& person : people()) {
    std::string token = token_for(settings, settings.tenant_id, person.user_id, token_ttl_s);
    if (alice.empty()) alice = token;
    std::printf("  %-8s %-14s %s\n", person.user_id.c_str(), person.password.c_str(), token.c_str());
  }
  std::printf("\nAlice's conversations:\n  curl -s -H 'Authorization: Bearer %s' %s/api/aiim/conversations\n",
              alice.c_str(), url.c_str());
  std::printf(
      "\nAlice writes to the group:\n  curl -s -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' "
      "%s/api/aiim/messages -d "
      "'{\"conversation_id\":\"%s\",\"type\":\"text\",\"content\":{\"text\":\"Hello from curl\"}}'\n",
      alice.c_str(), url.c_str(), group_id.c_str());
  std::printf("\nAlice's live events (WebSocket):\n  /usr/bin/python3 -m websockets 'ws://%s/api/aiim/ws?token=%s'\n",
              host.c_str(), alice.c_str());
  std::error_code ignored;
  std::string binary = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  std::printf(
      "\nA key for a bot, which somebody then adds to a conversation:\n  %s apikey create helper --data-dir %s\n",
      binary.empty() ? "aiim" : binary.c_str(), settings.data_dir.c_str());
  std::printf("\nEverything is kept in %s and removed at the end. Press Ctrl-C to stop.\n\n",
              settings.data_dir.c_str());
  std::fflush(stdout);
}

}  // namespace

Result<> run_demo(Settings settings) {
  FreshDirectory directory;
  if (directory.path().empty()) return Error(ErrorCode::internal, "no temporary directory can be made");
  settings.demo_users = people();
  settings.data_dir = directory.path();
  settings.database = {};
  settings.database.sqlite_path = directory.path() + "/aiim.db";
  settings.jwt_secret = random_token(48);  // of this run only
  std::string group_id;
  ServerHooks hooks;
  hooks.prepare = [&](Db& db) -> Result<> {
    TRY_AS(now, db.begin_write(SystemClock().now()));
    Tx tx{db, now, std::make_shared<EventBatch>()};
    TRY(fill(tx, settings.tenant_id, settings.echo_agent, group_id));
    return db.commit();
  };
  hooks.ready = [&](int port) { show(settings, group_id, port); };
  return run_server(settings, hooks);
}

}  // namespace aiim
