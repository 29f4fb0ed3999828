// The writer: one thread with one connection that makes every change. It takes what queued while it committed, runs it
// in one transaction, commits, publishes and answers.
//
// One writer on PostgreSQL too: with several, two jobs of one connection on different conversations (or a write job
// that touches several) would lose their order, and a single pipelined connection already carries more appends than one
// machine's workers produce (docs/decisions/0010).
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "store/mailbox.h"
#include "store/store.h"
#include "store/store_metrics.h"

namespace aiim {

class Writer {
 public:
  Writer(const StoreOptions& options, const Clock& clock, std::unique_ptr<Db> db, const StoreMetrics& metrics,
         std::function<void(EventBatch)> publish);
  /// Answers what waits, then ends the thread.
  ~Writer();

  /// Takes a place in the queue; false when it is full.
  bool admit();
  void push(Job& job);
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  using Jobs = std::span<Job* const>;
  enum class End : std::uint8_t {
    committed,
    undone,   // rolled back, by `error`
    lost,     // the connection broke before the commit was sent
    unknown,  // the connection broke during the commit
  };
  struct Attempt {
    End end = End::committed;
    std::size_t ran = 0;         // jobs from the front that were part of it
    std::optional<Error> error;  // undone and lost
    bool final = false;          // undone: another attempt of the same jobs would end the same way
  };

  void run();
  bool take(std::vector<Job*>& batch);
  void process(std::vector<Job*> jobs);
  void settle(std::vector<Job*>& jobs, const Attempt& attempt, int& failed);
  Attempt attempt(Jobs jobs);
  std::optional<Error> run_jobs(Jobs jobs, Time now, std::size_t& ran);
  std::optional<Error> run_batched(Jobs jobs, Time now);
  std::optional<Error> run_appends(Jobs jobs, Time now);
  std::optional<Error> run_steps(Jobs jobs, Time now);
  std::optional<Error> run_stream_appends(Jobs jobs, Time now);
  std::optional<Error> run_alone(WriteJob& job, Time now);
  std::optional<Error> run_beside_others(WriteJob& job, Time now);
  std::optional<ErrorCode> call(WriteJob& job, Time now);
  Attempt broken(Error error);
  void answer(Jobs jobs);
  void refuse(Jobs jobs, const Error& error);
  void refuse_overdue(std::vector<Job*>& jobs);
  bool connected(std::vector<Job*>& jobs);

  const StoreOptions& options_;
  const Clock& clock_;
  const StoreMetrics& metrics_;
  const std::function<void(EventBatch)> publish_;

  std::mutex mutex_;  // guards the next four
  std::condition_variable arrived_;
  JobList incoming_;
  bool sleeping_ = false;
  bool stopping_ = false;
  std::atomic<std::size_t> waiting_{0};  // admitted and not yet taken into a batch

  // The writer's thread only.
  std::unique_ptr<Db> db_;
  JobList line_;  // taken over from incoming_
  std::shared_ptr<EventBatch> events_ = std::make_shared<EventBatch>();
  Answers answers_;
  // Scratch of run_appends, run_steps and run_stream_appends.
  std::vector<const MessageDraft*> drafts_;
  std::vector<AppendOutcome> append_outcomes_;
  std::vector<const CursorStep*> steps_;
  std::vector<CursorOutcome> cursor_outcomes_;
  std::vector<const StreamAppend*> stream_appends_;
  std::vector<StreamAppendOutcome> stream_outcomes_;

  std::thread thread_;  // last: starts when everything is there
};

}  // namespace aiim
