// The store's threads. One writer takes what queued while it committed (≤512 jobs, no timer), runs it in one
// transaction, commits, publishes the batch's events in order, then resumes the waiters: one post per worker and batch.
// Readers run read jobs in snapshots. Operations are coroutines on a worker; a store job is awaited and resumes there.
//
//   auto job = [id](Tx& tx) -> Result<Message> { … tx.publish(event); return message; };
//   co_return co_await app.store.write<Message>(std::move(job));      // name the job first: g++ 12, see docs/decisions
//
// A job may run more than once (after a deadlock, a lost connection or a neighbour's failure everything of its earlier
// run is undone): it must not move from what it captured. It runs on a store's thread while its coroutine waits.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "core/event.h"
#include "store/db.h"
#include "store/job.h"
#include "store/messages.h"
#include "store/receipts.h"
#include "store/stream_appends.h"

namespace aiim {

/// What a write job works with. Its changes are undone alone when it returns an error.
struct Tx {
  Db& db;
  Time now;  // the transaction's time: the store's clock, see Db::begin_write
  std::shared_ptr<EventBatch> events;

  void publish(Event event) { events->push_back(std::make_shared<const Event>(std::move(event))); }
};

struct StoreOptions {
  DbTarget target;
  int readers = 2;                        // reader threads, each with a connection
  std::size_t batch_max = 512;            // jobs in one transaction …
  std::size_t batch_bytes_max = 4 << 20;  // … which takes no more once they bring this much content
  std::size_t queue_max = 100'000;        // waiting write jobs; above: `unavailable`
  std::size_t read_queue_max = 10'000;
  std::int64_t transaction_ms_max = 5000;  // a longer one is undone: sync tokens count on it
  std::int64_t patience_ms = 5000;  // a job that waited longer for its turn or for a lost database: `unavailable`
  std::int64_t ping_ms_max = 2000;
  /// Called on the writer's thread after a connection broke during a commit: its changes may be on disk although their
  /// events were never published. Whoever follows conversations compares positions with the store.
  std::function<void()> events_lost;
};

class Store {
 public:
  /// `publish` is called on the writer's thread after each commit with the batch's events in rev order.
  /// Opens the connections; fails with one clear line when it cannot.
  static Result<std::unique_ptr<Store>> open(StoreOptions options, const Clock& clock, Metrics& metrics,
                                             std::function<void(EventBatch)> publish);
  /// Finishes what is queued, then ends the threads. Nobody may hand over jobs any more.
  ~Store();

  /// Runs `job` in the writer's next transaction. Jobs run in the order in which they were handed over (per thread).
  /// The awaiting coroutine resumes on its own executor, after the commit and after the events were published.
  template <class T>
  boost::asio::awaitable<Result<T>> write(std::function<Result<T>(Tx&)> job);

  /// Runs `job` in a snapshot that contains every write acknowledged before the call.
  template <class T>
  boost::asio::awaitable<Result<T>> read(std::function<Result<T>(Db&)> job);

  /// Appends one message: batched with its neighbours into the driver's fast form; publishes message.created.
  boost::asio::awaitable<Result<AppendOutcome>> append(MessageDraft draft);
  /// Moves a cursor; publishes `receipt` (or, above 100 members, a personal one) and, when read moved, `me.updated`.
  /// Between two write jobs, appends run before appends to streams and these before cursor steps, so that each becomes
  /// one statement.
  boost::asio::awaitable<Result<CursorOutcome>> advance(CursorStep step);

  /// Appends to an open stream, batched like messages; publishes the delta. After a refusal see
  /// explain_stream_refusal().
  boost::asio::awaitable<Result<StreamAppendOutcome>> append_stream(StreamAppend append);

  /// One trivial read through the whole stack, with a deadline: for /ready and /health. Seconds it took.
  boost::asio::awaitable<Result<double>> ping();

  DbKind kind() const;
  /// Jobs that wait for the writer.
  std::size_t backlog() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  /// Takes a place in a queue; the caller hands over exactly one job for it.
  Result<> admit_write();
  Result<> admit_read();
  /// Hands the job over and suspends until it is answered.
  boost::asio::awaitable<void> hand_over(Job& job);
  std::unique_ptr<Impl> impl_;
};

template <class T>
boost::asio::awaitable<Result<T>> Store::write(std::function<Result<T>(Tx&)> job) {
  std::optional<Result<T>> result;
  auto body = [&job, &result](Tx& tx) -> std::optional<ErrorCode> {
    if (result.emplace(job(tx))) return std::nullopt;
    return result->error().code;
  };
  WriteJob node(Job::Kind::write, body);
  if (auto admitted = admit_write(); !admitted) co_return std::move(admitted).error();
  co_await hand_over(node);
  if (node.failure) co_return std::move(*node.failure);
  co_return std::move(*result);
}

template <class T>
boost::asio::awaitable<Result<T>> Store::read(std::function<Result<T>(Db&)> job) {
  std::optional<Result<T>> result;
  auto body = [&job, &result](Db& db) -> std::optional<ErrorCode> {
    if (result.emplace(job(db))) return std::nullopt;
    return result->error().code;
  };
  ReadJob node(Job::Kind::read, body);
  if (auto admitted = admit_read(); !admitted) co_return std::move(admitted).error();
  co_await hand_over(node);
  if (node.failure) co_return std::move(*node.failure);
  co_return std::move(*result);
}

}  // namespace aiim
