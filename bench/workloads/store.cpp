// store: the layer alone, in this process, without the edge. `driver`: the append of one batch and its commit, on one
// connection. `threads`: coroutines that each append the next message when theirs is durable, so that batches form as
// they do in the server.
#include "store/store.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>

#include "base/ids.h"
#include "base/time.h"
#include "limits/database.h"
#include "setup.h"
#include "store/conversations.h"
#include "store/migrate.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

constexpr int conversations = 1000;

template <class T>
T need(aiim::Result<T> result, const char* what) {
  if (!result) fail("{}: {}", what, result.error().detail);
  return std::move(*result);
}
void need(aiim::Result<> result, const char* what) {
  if (!result) fail("{}: {}", what, result.error().detail);
}

// A fresh database of AIIM's with 1,000 conversations of two.
class Ground {
 public:
  explicit Ground(Bench& bench) : directory_(make_directory("aiim-bench-store")) {
    std::string url = bench.options().postgres ? bench.fresh_database() : "";
    target = need(parse_database_url(url, directory_), "database");
    std::unique_ptr<Db> db = need(open_db(target), "database");
    need(migrate_up(*db), "migrations");
    Tx tx{.db = *db, .now = need(db->begin_write(clock.now()), "begin"), .events = std::make_shared<EventBatch>()};
    for (int i = 0; i < conversations; i++) {
      NewConversation wanted{.tenant_id = "default",
                             .conversation_id = make_id("conv_", tx.now),
                             .name = {},
                             .creator_id = fmt::format("a{}", i),
                             .member_ids = {fmt::format("b{}", i)}};
      ids.push_back(need(create_conversation(tx, wanted), "conversation").conversation_id);
    }
    need(db->commit(), "commit");
    bench.use({}, url.empty() ? "sqlite WAL, synchronous=FULL" : postgres_durability(url), 0);
  }
  ~Ground() { remove_directory(directory_); }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  MessageDraft draft() {
    size_t i = random_() % ids.size();
    MessageDraft draft;
    draft.tenant_id = "default";
    draft.conversation_id = ids[i];
    draft.message_id = make_id("msg_", clock.now());
    draft.sender_id = fmt::format("a{}", i);
    draft.content.text = content_;
    draft.client_msg_id = fmt::format("c{}", next_++);
    draft.request_hash = std::string(64, 'a');
    return draft;
  }

  SystemClock clock;
  DbTarget target;
  std::vector<std::string> ids;

 private:
  std::string directory_;
  std::string content_ = fmt::format(R"({{"text":"{}"}})", make_text("store", 200));
  std::mt19937 random_{17};
  int64_t next_ = 0;
};

void run_driver(const Params& params, Bench& bench, Result& result) {
  Ground ground(bench);
  std::unique_ptr<Db> db = need(open_db(ground.target), "database");
  const size_t batch = params.at("batch");
  time_commits(bench, result, static_cast<int64_t>(batch), [&] {
    std::vector<MessageDraft> drafts;
    std::vector<const MessageDraft*> pointers;
    std::vector<AppendOutcome> outcomes(batch);
    for (size_t i = 0; i < batch; i++) drafts.push_back(ground.draft());
    for (const MessageDraft& draft : drafts) pointers.push_back(&draft);
    Time now = need(db->begin_write(ground.clock.now()), "begin");
    need(db->append_messages(pointers, outcomes, now), "append");
    need(db->commit(), "commit");
    for (const AppendOutcome& outcome : outcomes)
      if (outcome.verdict != AppendOutcome::Verdict::appended) fail("a message was not appended");
  });
}

struct Load {
  Ground& ground;
  Store& store;
  uint64_t done = 0;
  bool stopped = false;
  size_t running = 0;
  std::string error = {};
};

boost::asio::awaitable<void> append_until_stopped(Load& load) {
  while (!load.stopped) {
    MessageDraft draft = load.ground.draft();
    aiim::Result<AppendOutcome> outcome = co_await load.store.append(std::move(draft));
    if (!outcome || outcome->verdict != AppendOutcome::Verdict::appended) {
      load.error = outcome ? "a message was not appended" : outcome.error().detail;
      load.stopped = true;
    }
    load.done++;
  }
  load.running--;
}

void run_threads(const Params& params, Bench& bench, Result& result) {
  Ground ground(bench);
  Metrics metrics;
  StoreOptions options;
  options.target = ground.target;
  std::unique_ptr<Store> store = need(Store::open(options, ground.clock, metrics, [](EventBatch) {}), "store");
  boost::asio::io_context io;
  Load load{.ground = ground, .store = *store, .running = params.at("waiting")};
  for (size_t i = 0; i < params.at("waiting"); i++) co_spawn(io, append_until_stopped(load), boost::asio::detached);
  auto run_for = [&](double seconds) {
    int64_t start = now_ns(), end = start + static_cast<int64_t>(seconds * 1e9);
    while (now_ns() < end && load.error.empty()) io.run_one_for(std::chrono::milliseconds(50));
    return static_cast<double>(now_ns() - start) / 1e9;
  };
  run_for(bench.options().warmup);
  for (int run = 0; run < bench.options().runs; run++) {
    bench.progress(fmt::format("{}  run {}/{}", result.label(), run + 1, bench.options().runs));
    uint64_t before = load.done;
    double cpu = own_cpu_s(), seconds = run_for(bench.options().seconds);
    double rows = static_cast<double>(load.done - before);
    cpu = own_cpu_s() - cpu;
    result.add("rows", "/s", Better::higher, rows / seconds);
    result.add("CPU, both threads", "s/s", Better::none, cpu / seconds);
    result.add("rows per CPU-second", "", Better::higher, rows / std::max(cpu, 0.001));
  }
  load.stopped = true;
  while (load.running > 0) io.run_one_for(std::chrono::milliseconds(50));
  if (!load.error.empty()) fail("{}", load.error);
}

}  // namespace

std::vector<Case> store_cases(const Options& options) {
  std::vector<Case> cases = sweep("store-driver", {{"batch", options.batch, {1, 10, 100, 1000}}}, run_driver);
  for (Case& one : sweep("store-threads", {{"waiting", options.depth, {100, 1000}}}, run_threads))
    cases.push_back(std::move(one));
  for (Case& one : cases) one.needs_server = false;
  return cases;
}

}  // namespace aiim::bench
