// The store's threads over real databases: order, isolation, publishing, limits, and what survives a lost connection.
#include "store/store.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <set>
#include <thread>

#include "store/test_db.h"

namespace aiim {
namespace {

namespace asio = boost::asio;
using Verdict = AppendOutcome::Verdict;

const Statement rename("test.rename",
                       "UPDATE conversations SET name = $2 WHERE tenant_id = 't' AND conversation_id = $1");
const Statement select_name("test.name",
                            "SELECT name FROM conversations WHERE tenant_id = 't' AND conversation_id = $1");
const Statement count_messages("test.count",
                               "SELECT COUNT(*), MAX(seq) FROM im_messages WHERE tenant_id = 't' "
                               "AND conversation_id = $1");

std::string message_id(int n) { return "msg_" + std::to_string(n); }

MessageDraft draft(std::string conversation, std::string sender, int n) {
  MessageDraft made;
  made.tenant_id = "t";
  made.conversation_id = std::move(conversation);
  made.message_id = message_id(n);
  made.sender_id = std::move(sender);
  made.content.text = R"({"text":"hello"})";
  made.client_msg_id = "c" + std::to_string(n);
  made.request_hash = "h" + std::to_string(n);
  return made;
}

/// What the store published, in order.
class Published {
 public:
  void add(EventBatch batch) {
    std::lock_guard lock(mutex_);
    ++batches_;
    events_.insert(events_.end(), batch.begin(), batch.end());
  }
  EventBatch all() const {
    std::lock_guard lock(mutex_);
    return events_;
  }
  std::size_t size() const { return all().size(); }

 private:
  mutable std::mutex mutex_;
  EventBatch events_;
  int batches_ = 0;
};

class StoreTest : public DbTest {
 protected:
  StoreTest() {
    auto db = database_.open();
    for (const char* conversation : {"c1", "c2", "c3"}) add_conversation(*db, conversation, {"alice", "bob"});
    options_.target = database_.target();
  }

  void open() {
    auto opened =
        Store::open(options_, clock_, metrics_, [this](EventBatch batch) { published_.add(std::move(batch)); });
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = std::move(*opened);
  }

  /// Starts a coroutine on the test's worker.
  template <class T>
  std::future<T> start(asio::awaitable<T> coroutine) {
    return asio::co_spawn(io_, std::move(coroutine), asio::use_future);
  }
  /// Starts a job that keeps the writer until the gate opens: what comes meanwhile shares one batch.
  std::future<Result<int>> start_behind(std::promise<void>& gate) {
    std::function<Result<int>(Tx&)> blocking = [opened = gate.get_future().share()](Tx&) -> Result<int> {
      opened.wait();
      return 1;
    };
    return start(store_->write<int>(std::move(blocking)));
  }
  /// Runs the worker until nothing is left to do.
  void run() {
    io_.run();
    io_.restart();
  }
  template <class T>
  T run(asio::awaitable<T> coroutine) {
    auto future = start(std::move(coroutine));
    run();
    return future.get();
  }

  SystemClock clock_;
  Metrics metrics_;
  Published published_;
  StoreOptions options_;
  asio::io_context io_;
  std::unique_ptr<Store> store_;
};

std::function<Result<int>(Tx&)> renaming(std::string conversation, std::string name) {
  return [=](Tx& tx) -> Result<int> {
    TRY(tx.db.run(rename, {conversation, name}));
    Event event;
    event.conversation_id = conversation;
    event.frame = name;
    tx.publish(std::move(event));
    return 1;
  };
}

std::function<Result<std::string>(Db&)> reading_name(std::string conversation) {
  return [=](Db& db) -> Result<std::string> {
    std::string name;
    TRY(db.run(select_name, {conversation}, [&](const Row& row) { name = row.string(0); }));
    return name;
  };
}

TEST_P(StoreTest, AppendsInOneWorkersOrderAndPublishesInRevOrder) {
  open();
  std::vector<std::future<Result<AppendOutcome>>> sent;
  for (int i = 0; i < 1500; ++i) sent.push_back(start(store_->append(draft(i % 2 ? "c1" : "c2", "alice", i))));
  run();
  std::int64_t seq[2] = {0, 0};
  for (int i = 0; i < 1500; ++i) {
    auto outcome = sent[static_cast<std::size_t>(i)].get();
    ASSERT_TRUE(outcome) << outcome.error().detail;
    ASSERT_EQ(outcome->verdict, Verdict::appended);
    ASSERT_EQ(outcome->message.seq, ++seq[i % 2]);
  }
  auto events = published_.all();
  ASSERT_EQ(events.size(), 1500u);
  std::map<std::string, std::int64_t> rev;
  for (auto& event : events) {
    EXPECT_EQ(event->kind, Event::Kind::durable);
    EXPECT_EQ(event->after, rev[event->conversation_id]);
    EXPECT_EQ(event->rev, ++rev[event->conversation_id]);
    EXPECT_EQ(event->epoch, "e1");
    EXPECT_NE(event->frame.find("message.created"), std::string::npos);
  }
}

TEST_P(StoreTest, AFailingJobIsUndoneAloneAndPublishesNothing) {
  open();
  auto first = start(store_->write<int>(renaming("c1", "one")));
  std::function<Result<int>(Tx&)> bad = [](Tx& tx) -> Result<int> {
    TRY(renaming("c2", "undone")(tx));
    return Error(ErrorCode::forbidden, "no");
  };
  auto failing = start(store_->write<int>(std::move(bad)));
  auto message = start(store_->append(draft("c1", "alice", 1)));
  std::function<Result<int>(Tx&)> throwing = [](Tx& tx) -> Result<int> {
    TRY(renaming("c2", "undone too")(tx));
    throw std::runtime_error("a bug");
  };
  auto thrown = start(store_->write<int>(std::move(throwing)));
  auto last = start(store_->write<int>(renaming("c3", "three")));
  run();
  EXPECT_TRUE(first.get());
  EXPECT_EQ(failing.get().error().code, ErrorCode::forbidden);
  EXPECT_EQ(message.get()->verdict, Verdict::appended);
  EXPECT_EQ(thrown.get().error().code, ErrorCode::internal);
  EXPECT_TRUE(last.get());
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c1"))), "one");
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c2"))), "");
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c3"))), "three");
  auto events = published_.all();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0]->frame, "one");
  EXPECT_EQ(events[1]->seq, 1);
  EXPECT_EQ(events[2]->frame, "three");
}

TEST_P(StoreTest, AFailingJobAloneInItsTransactionIsUndone) {
  open();
  std::function<Result<int>(Tx&)> bad = [](Tx& tx) -> Result<int> {
    TRY(renaming("c2", "undone")(tx));
    return Error(ErrorCode::forbidden, "no");
  };
  EXPECT_EQ(run(store_->write<int>(std::move(bad))).error().code, ErrorCode::forbidden);
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c2"))), "");
  EXPECT_EQ(published_.size(), 0u);
}

TEST_P(StoreTest, EventsArePublishedBeforeTheAnswerAndAfterTheCommit) {
  options_.readers = 1;
  std::atomic<int> seen_at_publish{-1};
  auto other = database_.open();
  auto opened = Store::open(options_, clock_, metrics_, [&](EventBatch) {
    std::int64_t count = -1;
    ASSERT_TRUE(other->run(count_messages, {"c1"}, [&](const Row& row) { count = row.integer(0); }));
    seen_at_publish = static_cast<int>(count);
  });
  ASSERT_TRUE(opened);
  store_ = std::move(*opened);
  auto outcome = run(store_->append(draft("c1", "alice", 1)));
  EXPECT_EQ(outcome->verdict, Verdict::appended);
  EXPECT_EQ(seen_at_publish, 1);
}

TEST_P(StoreTest, CursorStepsPublishReceiptsAndTheReadersOwnState) {
  open();
  auto sent = start(store_->append(draft("c1", "alice", 1)));
  CursorStep step;
  step.tenant_id = "t";
  step.conversation_id = "c1";
  step.user_id = "bob";
  step.seq = 1;
  step.read = true;
  auto moved = start(store_->advance(step));
  step.seq = 7;
  auto beyond = start(store_->advance(step));
  run();
  ASSERT_TRUE(sent.get());
  EXPECT_EQ(moved.get()->verdict, CursorOutcome::Verdict::moved);
  EXPECT_EQ(beyond.get()->verdict, CursorOutcome::Verdict::beyond_last);
  auto events = published_.all();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1]->kind, Event::Kind::receipt);
  EXPECT_EQ(events[1]->user_id, "bob");
  EXPECT_EQ(events[1]->frame.find(R"({"type":"receipt","data":{"conversation_id":"c1","user_id":"bob",)"
                                  R"("delivered_seq":1,"read_seq":1,"timestamp":"20)"),
            0u)
      << events[1]->frame;
  EXPECT_EQ(events[2]->kind, Event::Kind::personal);
  EXPECT_EQ(events[2]->frame,
            R"({"type":"me.updated","data":{"conversation_id":"c1","muted":false,"pinned":false,"delivered_seq":1,)"
            R"("read_seq":1,"unread_count":0,"mention_count":0}})");
  EXPECT_EQ(events[1]->seq, 2) << "of two receipts the hub keeps the one that is further";
}

TEST_P(StoreTest, AReadSeesEveryAcknowledgedWriteOfAnyWorker) {
  open();
  std::vector<std::thread> workers;
  std::atomic<int> stale{0};
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&, w] {
      asio::io_context io;
      auto conversation = "c" + std::to_string(w + 1);
      auto loop = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 200; ++i) {
          auto name = std::to_string(i);
          auto wrote = co_await store_->write<int>(renaming(conversation, name));
          auto read = co_await store_->read<std::string>(reading_name(conversation));
          if (!wrote || !read || *read != name) ++stale;
        }
      };
      asio::co_spawn(io, loop(), asio::detached);
      io.run();
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(stale, 0);
}

TEST_P(StoreTest, AFullQueueRefusesAtOnce) {
  options_.queue_max = 3;
  open();
  std::promise<void> gate;
  auto first = start_behind(gate);
  io_.poll();
  while (store_->backlog() > 0) std::this_thread::yield();
  std::vector<std::future<Result<AppendOutcome>>> sent;
  for (int i = 0; i < 5; ++i) sent.push_back(start(store_->append(draft("c1", "alice", i))));
  io_.poll();
  for (std::size_t i : {3u, 4u}) {
    ASSERT_EQ(sent[i].wait_for(std::chrono::seconds(0)), std::future_status::ready);
    auto refused = sent[i].get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(refused.error().retry_after_ms);
  }
  gate.set_value();
  run();
  for (std::size_t i : {0u, 1u, 2u}) EXPECT_EQ(sent[i].get()->verdict, Verdict::appended);
  EXPECT_TRUE(first.get());
}

TEST_P(StoreTest, AJobThatWaitedTooLongIsRefused) {
  options_.patience_ms = 50;
  options_.readers = 1;
  open();
  std::function<Result<int>(Tx&)> slow = [](Tx&) -> Result<int> {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    return 1;
  };
  std::atomic<bool> reading{false};
  std::function<Result<int>(Db&)> slow_read = [&](Db&) -> Result<int> {
    reading = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    return 1;
  };
  auto first = start(store_->write<int>(std::move(slow)));
  auto first_read = start(store_->read<int>(std::move(slow_read)));
  io_.poll();
  while (store_->backlog() > 0 || !reading) std::this_thread::yield();
  auto late = start(store_->append(draft("c1", "alice", 1)));
  auto late_read = start(store_->read<std::string>(reading_name("c1")));
  run();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(first_read.get());
  EXPECT_EQ(late.get().error().code, ErrorCode::unavailable);
  EXPECT_EQ(late_read.get().error().code, ErrorCode::unavailable);
  EXPECT_TRUE(run(store_->append(draft("c1", "alice", 1))));
}

TEST_P(StoreTest, OneBadDraftInABatchFailsAlone) {
  open();
  ASSERT_TRUE(run(store_->append(draft("c2", "alice", 7777))));
  std::promise<void> gate;
  auto first = start_behind(gate);
  std::vector<std::future<Result<AppendOutcome>>> sent;
  for (int i = 0; i < 100; ++i) {
    auto message = draft("c1", "alice", i);
    if (i == 40) message.message_id = message_id(7777);  // taken: breaks the statement, as a driver's bug would
    sent.push_back(start(store_->append(std::move(message))));
  }
  io_.poll();
  gate.set_value();
  run();
  std::int64_t seq = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    auto outcome = sent[i].get();
    ASSERT_EQ(outcome.has_value(), i != 40);
    if (outcome) {
      EXPECT_EQ(outcome->message.seq, ++seq);
    }
  }
  EXPECT_EQ(published_.size(), 100u);
  EXPECT_NE(metrics_.text().find("aiim_messages_total 100"), std::string::npos) << metrics_.text();
}

// PostgreSQL tells what became of one kind's writes while it answers the next kind's questions.
TEST_P(StoreTest, ABadDraftFailsNeitherTheStreamNorTheCursorOfItsBatch) {
  open();
  ASSERT_TRUE(run(store_->append(draft("c2", "alice", 7777))));
  auto streaming = draft("c1", "alice", 1);
  streaming.stream = true;
  ASSERT_TRUE(run(store_->append(streaming)));
  std::promise<void> gate;
  auto first = start_behind(gate);
  auto good = start(store_->append(draft("c1", "alice", 2)));
  auto taken = draft("c1", "alice", 3);
  taken.message_id = message_id(7777);  // breaks the statement, as a driver's bug would
  auto bad = start(store_->append(std::move(taken)));
  StreamAppend append;
  append.tenant_id = "t";
  append.user_id = "alice";
  append.stream_id = message_id(1);
  append.ops.text = R"([{"delta":"x","op":"text"}])";
  auto appended = start(store_->append_stream(append));
  CursorStep step;
  step.tenant_id = "t";
  step.conversation_id = "c1";
  step.user_id = "bob";
  step.seq = 2;
  auto moved = start(store_->advance(step));
  io_.poll();
  gate.set_value();
  run();
  EXPECT_EQ(good.get()->message.seq, 2);
  EXPECT_FALSE(bad.get());
  auto stream = appended.get();
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->verdict, StreamAppendOutcome::Verdict::appended);
  EXPECT_EQ(stream->n, 1);
  auto cursor = moved.get();
  ASSERT_TRUE(cursor);
  EXPECT_EQ(cursor->verdict, CursorOutcome::Verdict::moved);
  EXPECT_EQ(cursor->delivered_seq, 2);
}

// A job whose last statement nobody waited for, and behind it one that begins with a pipeline.
TEST_P(StoreTest, AWriteThatFailsLateFailsInItsOwnName) {
  open();
  ASSERT_TRUE(run(store_->append(draft("c2", "alice", 7777))));
  std::promise<void> gate;
  auto first = start_behind(gate);
  auto appending = [](int n, int id) -> std::function<Result<int>(Tx&)> {
    return [=](Tx& tx) -> Result<int> {
      auto message = draft("c1", "alice", n);
      message.message_id = message_id(id);
      const MessageDraft* drafts[] = {&message};
      AppendOutcome outcomes[1];
      TRY(tx.db.append_messages(drafts, outcomes, tx.now));
      Event event;
      event.conversation_id = "c1";
      tx.publish(std::move(event));
      return 1;
    };
  };
  auto bad = start(store_->write<int>(appending(1, 7777)));  // taken
  auto good = start(store_->write<int>(appending(2, 2)));
  io_.poll();
  gate.set_value();
  run();
  EXPECT_FALSE(bad.get());
  EXPECT_TRUE(good.get());
  EXPECT_EQ(published_.size(), 2u);
  std::function<Result<std::int64_t>(Db&)> counting = [](Db& db) -> Result<std::int64_t> {
    std::int64_t count = 0;
    TRY(db.run(count_messages, {"c1"}, [&](const Row& row) { count = row.integer(0); }));
    return count;
  };
  EXPECT_EQ(*run(store_->read<std::int64_t>(std::move(counting))), 1);
}

TEST_P(StoreTest, RepeatsFromSeveralWorkersAreOneMessageAndOneEvent) {
  open();
  std::atomic<int> appended{0}, duplicates{0}, mismatches{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&, w] {
      asio::io_context io;
      auto send = [&](int i) -> asio::awaitable<void> {
        auto message = draft("c1", "alice", 1);
        message.message_id = "msg_" + std::to_string(w) + "_" + std::to_string(i);
        if (i == 19) message.request_hash = "another request";
        auto outcome = co_await store_->append(std::move(message));
        if (!outcome) co_return;
        if (outcome->verdict == Verdict::appended) ++appended;
        if (outcome->verdict == Verdict::duplicate) ++duplicates;
        if (outcome->verdict == Verdict::mismatch) ++mismatches;
      };
      for (int i = 0; i < 20; ++i) asio::co_spawn(io, send(i), asio::detached);
      io.run();
    });
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(appended, 1);
  EXPECT_EQ(duplicates, 75);
  EXPECT_EQ(mismatches, 4);
  EXPECT_EQ(published_.size(), 1u);
}

TEST_P(StoreTest, ATransactionThatTakesTooLongIsUndoneAndItsNeighboursAreNot) {
  options_.transaction_ms_max = 100;
  open();
  std::promise<void> gate;
  auto first = start_behind(gate);
  auto before = start(store_->append(draft("c1", "alice", 1)));
  std::function<Result<int>(Tx&)> slow = [](Tx& tx) -> Result<int> {
    TRY(renaming("c2", "slow")(tx));
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    return 1;
  };
  auto undone = start(store_->write<int>(std::move(slow)));
  auto after = start(store_->write<int>(renaming("c3", "after")));
  io_.poll();
  gate.set_value();
  run();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(before.get());
  EXPECT_EQ(undone.get().error().code, ErrorCode::unavailable);
  EXPECT_TRUE(after.get());
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c2"))), "");
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c3"))), "after");
  EXPECT_EQ(published_.size(), 2u);
}

TEST_P(StoreTest, AWorkerMayGoAwayWhileItsJobsAreWithTheStore) {
  open();
  std::promise<void> gate;
  std::function<Result<int>(Tx&)> blocking = [opened = gate.get_future().share()](Tx&) -> Result<int> {
    opened.wait();
    return 1;
  };
  {
    asio::io_context io;
    asio::co_spawn(io, store_->write<int>(std::move(blocking)), asio::detached);
    for (int i = 0; i < 50; ++i) asio::co_spawn(io, store_->append(draft("c1", "alice", i)), asio::detached);
    asio::co_spawn(io, store_->read<std::string>(reading_name("c1")), asio::detached);
    asio::co_spawn(io, store_->ping(), asio::detached);
    io.poll();
    gate.set_value();
  }
  std::int64_t count = 0;
  std::function<Result<std::int64_t>(Db&)> counting = [&](Db& db) -> Result<std::int64_t> {
    TRY(db.run(count_messages, {"c1"}, [&](const Row& row) { count = row.integer(0); }));
    return count;
  };
  EXPECT_EQ(*run(store_->read<std::int64_t>(std::move(counting))), 50);
}

TEST_P(StoreTest, TheEndOfTheStoreAnswersWhatWaits) {
  open();
  std::vector<std::future<Result<AppendOutcome>>> sent;
  for (int i = 0; i < 1000; ++i) sent.push_back(start(store_->append(draft("c1", "alice", i))));
  io_.poll();
  store_.reset();
  run();
  for (auto& each : sent) EXPECT_EQ(each.get()->verdict, Verdict::appended);
}

TEST_P(StoreTest, PingsThroughTheReaders) {
  open();
  auto took = run(store_->ping());
  ASSERT_TRUE(took) << took.error().detail;
  EXPECT_LT(*took, 1.0);
}

TEST_P(StoreTest, MetricsExistFromTheStart) {
  open();
  auto text = metrics_.text();
  for (const char* line : {"aiim_messages_total 0", "aiim_store_commits_total 0", "aiim_store_failures_total 0",
                           "aiim_store_queue_depth 0", "aiim_store_batch_size_count 0",
                           "aiim_db_query_duration_seconds_count{operation=\"commit\"} 0"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

INSTANTIATE_ON_BOTH(StoreTest);

// ---- PostgreSQL alone ----

const Statement end_others("test.end_others",
                           "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                           DbKind::postgres);

const Statement end_self("test.end_self", "SELECT pg_terminate_backend(pg_backend_pid())", DbKind::postgres);

const Statement current_database("test.current_database", "SELECT current_database()", DbKind::postgres);
const Statement some_backend("test.some_backend",
                             "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                             "AND pid <> pg_backend_pid() LIMIT 1",
                             DbKind::postgres);

class PostgresStoreTest : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Only, PostgresStoreTest, testing::Values(DbKind::postgres), db_kind_name);

TEST_P(PostgresStoreTest, IdleConnectionsThatDiedAreMadeAnew) {
  open();
  auto admin = database_.open();
  ASSERT_TRUE(run(store_->append(draft("c1", "alice", 1))));
  ASSERT_TRUE(run(store_->read<std::string>(reading_name("c1"))));
  ASSERT_TRUE(admin->run(end_others));
  auto outcome = run(store_->append(draft("c1", "alice", 2)));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->message.seq, 2);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(run(store_->read<std::string>(reading_name("c1"))));
}

// Sends until the store has answered; a retry is the same request.
asio::awaitable<AppendOutcome> send_until_acknowledged(Store& store, MessageDraft message, std::atomic<int>& retries) {
  for (;;) {
    auto copy = message;
    auto outcome = co_await store.append(std::move(copy));
    if (outcome) co_return std::move(*outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::unavailable) << outcome.error().detail;
    ++retries;
    message.message_id += "r";  // as the server does: a new id for each request
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(5));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

TEST_P(PostgresStoreTest, KilledConnectionsLoseNoAcknowledgedMessageAndDoubleNone) {
  std::atomic<int> lost_events{0};
  options_.events_lost = [&] { ++lost_events; };
  open();
  auto admin = database_.open();
  std::atomic<bool> done{false};
  std::atomic<int> retries{0};
  std::thread killer([&] {
    for (int i = 0; i < 12 && !done; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(40 + 13 * (i % 5)));
      EXPECT_TRUE(admin->run(end_others));
    }
  });
  std::vector<std::vector<std::int64_t>> seqs(8);
  auto sender = [&](int who) -> asio::awaitable<void> {
    for (int i = 0; i < 300; ++i) {
      auto message = draft("c1", who % 2 ? "alice" : "bob", who * 1000 + i);
      auto outcome = co_await send_until_acknowledged(*store_, std::move(message), retries);
      EXPECT_TRUE(outcome.verdict == Verdict::appended || outcome.verdict == Verdict::duplicate);
      seqs[static_cast<std::size_t>(who)].push_back(outcome.message.seq);
    }
  };
  for (int who = 0; who < 8; ++who) asio::co_spawn(io_, sender(who), asio::detached);
  run();
  done = true;
  killer.join();
  std::set<std::int64_t> all;
  for (auto& own : seqs) {
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    all.insert(own.begin(), own.end());
  }
  EXPECT_EQ(all.size(), 2400u);
  EXPECT_EQ(*all.rbegin(), 2400);
  std::function<Result<std::int64_t>(Db&)> counting = [](Db& db) -> Result<std::int64_t> {
    std::int64_t count = 0;
    TRY(db.run(count_messages, {"c1"}, [&](const Row& row) { count = row.integer(0); }));
    return count;
  };
  EXPECT_EQ(*run(store_->read<std::int64_t>(std::move(counting))), 2400);
  if (lost_events == 0) {
    EXPECT_EQ(published_.size(), 2400u);
  }
}

TEST_P(PostgresStoreTest, AServerThatCrashesAndComesBackIsUsedAgain) {
  if (PostgresCluster::instance().pid() == 0) GTEST_SKIP() << "not our own server";
  open();
  ASSERT_TRUE(run(store_->append(draft("c1", "alice", 1))));
  std::int64_t backend = 0;
  ASSERT_TRUE(database_.open()->run(some_backend, {}, [&](const Row& row) { backend = row.integer(0); }));
  ASSERT_EQ(kill(static_cast<pid_t>(backend), SIGKILL), 0);  // then the server ends all others and recovers
  auto write = start(store_->append(draft("c1", "alice", 2)));
  auto read = start(store_->read<std::string>(reading_name("c1")));
  run();
  auto outcome = write.get();
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->message.seq, 2);
  EXPECT_TRUE(read.get());
}

TEST_P(PostgresStoreTest, AJobThatBreaksItsConnectionFailsAlone) {
  open();
  std::promise<void> gate;
  auto first = start_behind(gate);
  std::vector<std::future<Result<int>>> good;
  for (int i = 0; i < 5; ++i) good.push_back(start(store_->write<int>(renaming("c1", "before"))));
  std::function<Result<int>(Tx&)> breaking = [](Tx& tx) -> Result<int> {
    TRY(tx.db.run(end_self));
    return 1;
  };
  auto bad = start(store_->write<int>(std::move(breaking)));
  for (int i = 0; i < 5; ++i) good.push_back(start(store_->write<int>(renaming("c1", "after"))));
  io_.poll();
  gate.set_value();
  run();
  EXPECT_TRUE(first.get());
  for (auto& each : good) EXPECT_TRUE(each.get());
  EXPECT_EQ(bad.get().error().code, ErrorCode::unavailable);
  EXPECT_EQ(published_.size(), 10u);
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c1"))), "after");
}

// What an insert of a message does besides, in PL/pgSQL.
void add_trigger(Db& db, std::string body) {
  ASSERT_TRUE(
      db.run_script("CREATE SEQUENCE calls; CREATE FUNCTION meddle() RETURNS trigger AS $$BEGIN " + std::move(body) +
                    " RETURN NEW; END$$ LANGUAGE plpgsql; "
                    "CREATE TRIGGER meddle BEFORE INSERT ON im_messages FOR EACH ROW EXECUTE FUNCTION meddle()"));
}

TEST_P(PostgresStoreTest, AWriteThatIsSlowBeforeTheCommitIsUndone) {
  options_.transaction_ms_max = 100;
  open();
  add_trigger(*database_.open(), "IF nextval('calls') <= 3 THEN PERFORM pg_sleep(0.2); END IF;");
  auto undone = run(store_->append(draft("c1", "alice", 1)));  // three attempts
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().code, ErrorCode::unavailable);
  EXPECT_EQ(published_.size(), 0u);
  auto outcome = run(store_->append(draft("c1", "alice", 1)));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->verdict, Verdict::appended);
  EXPECT_EQ(outcome->message.seq, 1);
}

TEST_P(PostgresStoreTest, AConnectionThatEndsBeforeTheCommitsTurnIsNoUnknownOutcome) {
  std::atomic<int> lost_events{0};
  options_.events_lost = [&] { ++lost_events; };
  open();
  add_trigger(*database_.open(),
              "IF nextval('calls') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(1); END IF;");
  auto outcome = run(store_->append(draft("c1", "alice", 1)));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  EXPECT_EQ(outcome->verdict, Verdict::appended);
  EXPECT_EQ(outcome->message.seq, 1);
  EXPECT_EQ(lost_events, 0);
}

TEST_P(PostgresStoreTest, ADeadlockIsTriedAgain) {
  open();
  auto other = database_.open();
  ASSERT_TRUE(other->run_script("SET deadlock_timeout = '10s'"));  // not the one who is told
  ASSERT_TRUE(other->begin_write(clock_.now()));
  ASSERT_TRUE(other->run(rename, {"c2", "other"}));
  std::promise<void> locked;
  std::atomic<int> runs{0};
  std::function<Result<int>(Tx&)> crossing = [&](Tx& tx) -> Result<int> {
    TRY(renaming("c1", "mine")(tx));
    if (++runs == 1) locked.set_value();
    TRY(renaming("c2", "mine")(tx));
    return 1;
  };
  auto mine = start(store_->write<int>(std::move(crossing)));
  auto beside = start(store_->append(draft("c3", "alice", 1)));
  std::thread rival([&] {
    locked.get_future().wait();
    EXPECT_TRUE(other->run(rename, {"c1", "other"}));
    EXPECT_TRUE(other->commit());
  });
  run();
  rival.join();
  EXPECT_TRUE(mine.get());
  EXPECT_TRUE(beside.get());
  EXPECT_GE(runs, 2);
  EXPECT_EQ(*run(store_->read<std::string>(reading_name("c2"))), "mine");
}

TEST_P(PostgresStoreTest, JobsWaitForALostDatabaseOnlySoLong) {
  options_.patience_ms = 300;
  open();
  auto admin = open_db(PostgresCluster::instance().target_of("postgres"));
  std::string name;
  ASSERT_TRUE(database_.open()->run(current_database, {}, [&](const Row& row) { name = row.string(0); }));
  ASSERT_TRUE((*admin)->run_script("ALTER DATABASE " + name +
                                   " WITH ALLOW_CONNECTIONS false; "
                                   "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" +
                                   name + "'"));
  auto began = steady_ms();
  auto write = start(store_->append(draft("c1", "alice", 1)));
  auto read = start(store_->read<std::string>(reading_name("c1")));
  auto ping = start(store_->ping());
  run();
  EXPECT_EQ(write.get().error().code, ErrorCode::unavailable);
  EXPECT_EQ(read.get().error().code, ErrorCode::unavailable);
  EXPECT_EQ(ping.get().error().code, ErrorCode::unavailable);
  EXPECT_GE(steady_ms() - began, 250);
  EXPECT_LE(steady_ms() - began, 2500);
  ASSERT_TRUE((*admin)->run_script("ALTER DATABASE " + name + " WITH ALLOW_CONNECTIONS true"));
  EXPECT_TRUE(run(store_->append(draft("c1", "alice", 1))));
  EXPECT_TRUE(run(store_->ping()));
}

}  // namespace
}  // namespace aiim
