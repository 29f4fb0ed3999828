// The store's threads. One writer takes what queued while it committed (≤512 jobs, no timer), runs it in one
// transaction, commits, publishes the batch's events in order, then resumes the waiters: one post per worker and batch.
// Readers run read jobs in snapshots. Operations are coroutines on a worker; a store job is awaited and resumes there.
//
//   auto job = [id](Tx& tx) -> Result<Message> { … tx.publish(event); return message; };
//   co_return co_await app.store.write<Message>(std::move(job));      // name the job first: g++ 12, see docs/decisions
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
#include "store/messages.h"
#include "store/receipts.h"

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
  int readers = 2;                  // reader threads, each with a connection
  std::size_t batch_max = 512;      // jobs in one transaction
  std::size_t queue_max = 100'000;  // waiting write jobs; above: `unavailable`
  std::size_t read_queue_max = 10'000;
  std::int64_t transaction_ms_max = 5000;
};

class Store {
 public:
  /// `publish` is called on the writer's thread after each commit with the batch's events in rev order.
  /// Opens the connections; fails with one clear line when it cannot.
  static Result<std::unique_ptr<Store>> open(StoreOptions options, const Clock& clock, Metrics& metrics,
                                             std::function<void(EventBatch)> publish);
  /// Finishes what is queued, then ends the threads.
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
  boost::asio::awaitable<Result<CursorOutcome>> advance(CursorStep step);

  /// One trivial read through the whole stack, with a deadline: for /ready and /health. Seconds it took.
  boost::asio::awaitable<Result<double>> ping();

  DbKind kind() const;
  /// Jobs that wait for the writer.
  std::size_t backlog() const;

 private:
  // The untyped core; implemented in store.cpp. A job is a node in the writer's queue and resumes through a completion
  // that the worker runs.
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  boost::asio::awaitable<Result<>> run_write(std::function<Result<>(Tx&)> job);
  boost::asio::awaitable<Result<>> run_read(std::function<Result<>(Db&)> job);
  std::unique_ptr<Impl> impl_;
};

template <class T>
boost::asio::awaitable<Result<T>> Store::write(std::function<Result<T>(Tx&)> job) {
  std::optional<Result<T>> result;
  std::function<Result<>(Tx&)> untyped = [&job, &result](Tx& tx) -> Result<> {
    result.emplace(job(tx));
    if (!*result) return result->error();
    return {};
  };
  Result<> done = co_await run_write(std::move(untyped));
  if (!done) co_return std::move(done).error();
  co_return std::move(*result);
}

template <class T>
boost::asio::awaitable<Result<T>> Store::read(std::function<Result<T>(Db&)> job) {
  std::optional<Result<T>> result;
  std::function<Result<>(Db&)> untyped = [&job, &result](Db& db) -> Result<> {
    result.emplace(job(db));
    if (!*result) return result->error();
    return {};
  };
  Result<> done = co_await run_read(std::move(untyped));
  if (!done) co_return std::move(done).error();
  co_return std::move(*result);
}

}  // namespace aiim
