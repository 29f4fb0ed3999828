#include "store/writer.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/fail_point.h"
#include "base/log.h"
#include "store/publishing.h"

namespace aiim {
namespace {

constexpr int attempts_max = 3;  // of one set of jobs, before it is split or refused
constexpr std::int64_t pause_ms_min = 10;
constexpr std::int64_t pause_ms_max = 500;

void pause(std::int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

// What a job brings to be stored, as far as it can be much.
std::size_t content_bytes(const Job& job) {
  if (job.kind == Job::Kind::append) return static_cast<const AppendJob&>(job).draft.content.text.size();
  if (job.kind == Job::Kind::stream_append) return static_cast<const StreamAppendJob&>(job).append.ops.text.size();
  return 0;
}

Error unavailable(const char* detail) {
  Error error(ErrorCode::unavailable, detail);
  error.retry_after_ms = 1000;
  return error;
}

}  // namespace

Writer::Writer(const StoreOptions& options, const Clock& clock, std::unique_ptr<Db> db, const StoreMetrics& metrics,
               std::function<void(EventBatch)> publish)
    : options_(options),
      clock_(clock),
      metrics_(metrics),
      publish_(std::move(publish)),
      db_(std::move(db)),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

bool Writer::admit() {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < options_.queue_max) return true;
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Writer::push(Job& job) {
  job.queued_ms = steady_ms();
  bool wake;
  {
    std::lock_guard lock(mutex_);
    incoming_.push(job);
    wake = std::exchange(sleeping_, false);
  }
  if (wake) arrived_.notify_one();
}

void Writer::run() {
  pthread_setname_np(pthread_self(), "aiim-writer");
  std::vector<Job*> batch;
  while (take(batch)) process(std::move(batch));
}

/// The next batch; false when the store ends and nothing waits.
bool Writer::take(std::vector<Job*>& batch) {
  {
    std::unique_lock lock(mutex_);
    while (line_.empty() && incoming_.empty()) {
      if (stopping_) return false;
      sleeping_ = true;
      arrived_.wait(lock);
    }
    sleeping_ = false;
    line_.splice(incoming_);
  }
  batch.clear();
  std::size_t bytes = 0;
  while (!line_.empty() && batch.size() < options_.batch_max && bytes < options_.batch_bytes_max) {
    batch.push_back(&line_.pop());
    bytes += content_bytes(*batch.back());
  }
  auto left = waiting_.fetch_sub(batch.size(), std::memory_order_relaxed) - batch.size();
  metrics_.queue_depth.set(static_cast<double>(left));
  refuse_overdue(batch);
  return true;
}

/// Answers every job, in one transaction where all goes well. A set that fails is halved, so that one bad job among 512
/// costs some twenty transactions and no order.
void Writer::process(std::vector<Job*> jobs) {
  int failed = 0;
  while (!jobs.empty() && connected(jobs)) {
    auto done = attempt(jobs);
    if (done.end != End::committed) metrics_.failures.add();
    bool again = done.end == End::committed || done.end == End::unknown;
    bool split = !again && ++failed > 1 && jobs.size() > 1;
    if (done.end == End::undone && jobs.size() > 1) split = done.final || done.error->code != ErrorCode::unavailable;
    if (split) {
      auto half = jobs.begin() + static_cast<std::ptrdiff_t>(jobs.size() / 2);
      process({jobs.begin(), half});
      process({half, jobs.end()});
      return;
    }
    settle(jobs, done, failed);
  }
}

/// Answers what an attempt decided and leaves in `jobs` what must be tried (again).
void Writer::settle(std::vector<Job*>& jobs, const Attempt& done, int& failed) {
  Jobs ran(jobs.data(), done.ran);
  switch (done.end) {
    case End::committed:
      answer(ran);
      failed = 0;
      break;
    case End::unknown:
      refuse(ran, unavailable("The database connection broke; the change may or may not have been kept."));
      if (options_.events_lost) options_.events_lost();
      break;
    case End::lost:
    case End::undone:
      if (!done.final && failed < attempts_max) {
        pause(pause_ms_min << failed);
        return;
      }
      refuse(jobs, done.end == End::lost ? unavailable("The database connection broke.") : *done.error);
      jobs.clear();
      return;
  }
  jobs.erase(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(done.ran));
}

Writer::Attempt Writer::attempt(Jobs jobs) {
  events_->clear();
  auto began_ms = steady_ms();
  auto now = db_->begin_write(clock_.now());
  if (!now) return broken(std::move(now).error());
  Attempt done;
  if (auto error = run_jobs(jobs, *now, done.ran)) return broken(std::move(*error));
  if (jobs.size() == 1 && jobs[0]->kind == Job::Kind::write && jobs[0]->failed) {
    db_->rollback();  // by its own error: nothing to keep, nothing to tell
    events_->clear();
    return done;
  }
  if (steady_ms() - began_ms > options_.transaction_ms_max) {
    log_error("transaction_too_long", {{"jobs", done.ran}, {"duration_ms", steady_ms() - began_ms}});
    auto undone = broken(unavailable("The change took too long."));
    undone.final = true;
    return undone;
  }
  fail_point("before_commit");
  Result<> kept = [&] {
    Timed timed(metrics_.commit);
    return db_->commit(*now + options_.transaction_ms_max);
  }();
  if (kept) {
    metrics_.commits.add();
    metrics_.batch_size.observe(static_cast<double>(done.ran));
    return done;
  }
  if (!db_->usable() && !db_->surely_undone()) {
    log_error("commit_outcome_unknown", {{"jobs", done.ran}});
    done.end = End::unknown;
    return done;
  }
  if (db_->kind() == DbKind::sqlite && kept.error().code != ErrorCode::unavailable) {
    log_error("commit_failed", {{"consequence", "stopping: nobody knows what is on disk"}});
    std::abort();
  }
  return broken(std::move(kept).error());
}

Writer::Attempt Writer::broken(Error error) {
  if (db_->usable()) db_->rollback();
  Attempt done;
  done.end = db_->usable() ? End::undone : End::lost;
  done.final = error.code == ErrorCode::conflict;
  done.error = std::move(error);
  return done;
}

/// Runs jobs from the front until all are done or half of the transaction's time is used; `ran` says how many.
std::optional<Error> Writer::run_jobs(Jobs jobs, Time now, std::size_t& ran) {
  auto until_ms = steady_ms() + options_.transaction_ms_max / 2;
  std::optional<Error> error;
  for (ran = 0; ran < jobs.size() && !error;) {
    if (ran > 0 && steady_ms() > until_ms) break;
    if (jobs[ran]->kind == Job::Kind::write) {
      auto& job = static_cast<WriteJob&>(*jobs[ran]);
      Timed timed(metrics_.write);
      error = jobs.size() == 1 ? run_alone(job, now) : run_beside_others(job, now);
      ++ran;
    } else {
      auto end = std::find_if(jobs.begin() + static_cast<std::ptrdiff_t>(ran), jobs.end(),
                              [](const Job* job) { return job->kind == Job::Kind::write; });
      auto count = static_cast<std::size_t>(end - jobs.begin()) - ran;
      error = run_batched(jobs.subspan(ran, count), now);
      ran += count;
    }
  }
  return error;
}

/// Appends first: a step that follows the append of the message it names finds it, and each kind is one statement.
std::optional<Error> Writer::run_batched(Jobs jobs, Time now) {
  drafts_.clear();
  steps_.clear();
  stream_appends_.clear();
  for (Job* job : jobs) {
    job->failure.reset();
    if (job->kind == Job::Kind::append) {
      drafts_.push_back(&static_cast<AppendJob*>(job)->draft);
    } else if (job->kind == Job::Kind::stream_append) {
      stream_appends_.push_back(&static_cast<StreamAppendJob*>(job)->append);
    } else {
      steps_.push_back(&static_cast<AdvanceJob*>(job)->step);
    }
  }
  if (!drafts_.empty()) {
    if (auto error = run_appends(jobs, now)) return error;
  }
  if (!stream_appends_.empty()) {
    if (auto error = run_stream_appends(jobs, now)) return error;
  }
  if (!steps_.empty()) return run_steps(jobs, now);
  return std::nullopt;
}

std::optional<Error> Writer::run_appends(Jobs jobs, Time now) {
  append_outcomes_.clear();
  append_outcomes_.resize(drafts_.size());
  {
    Timed timed(metrics_.append);
    if (auto done = db_->append_messages(drafts_, append_outcomes_, now); !done) return std::move(done).error();
  }
  auto outcome = append_outcomes_.begin();
  for (Job* each : jobs) {
    if (each->kind != Job::Kind::append) continue;
    auto& job = static_cast<AppendJob&>(*each);
    job.outcome = std::move(*outcome++);
    publish_appended(*events_, job.draft, job.outcome);
  }
  return std::nullopt;
}

std::optional<Error> Writer::run_steps(Jobs jobs, Time now) {
  cursor_outcomes_.assign(steps_.size(), CursorOutcome());
  {
    Timed timed(metrics_.cursor);
    if (auto done = db_->advance_cursors(steps_, cursor_outcomes_, now); !done) return std::move(done).error();
  }
  auto outcome = cursor_outcomes_.begin();
  for (Job* each : jobs) {
    if (each->kind != Job::Kind::advance) continue;
    auto& job = static_cast<AdvanceJob&>(*each);
    job.outcome = *outcome++;
    publish_advanced(*events_, job.step, job.outcome, now);
  }
  return std::nullopt;
}

std::optional<Error> Writer::run_stream_appends(Jobs jobs, Time now) {
  stream_outcomes_.assign(stream_appends_.size(), StreamAppendOutcome());
  {
    Timed timed(metrics_.stream_append);
    if (auto done = db_->append_streams(stream_appends_, stream_outcomes_, now); !done) return std::move(done).error();
  }
  auto outcome = stream_outcomes_.begin();
  for (Job* each : jobs) {
    if (each->kind != Job::Kind::stream_append) continue;
    auto& job = static_cast<StreamAppendJob&>(*each);
    job.outcome = std::move(*outcome++);
    publish_stream_append(*events_, job.append, job.outcome);
  }
  return std::nullopt;
}

/// The only job of its transaction needs no savepoint: the whole transaction is undone with it.
std::optional<Error> Writer::run_alone(WriteJob& job, Time now) {
  auto failed = call(job, now);
  if (failed && !db_->usable()) return Error(*failed);
  if (failed && db_->wants_retry()) return Error(*failed);
  return std::nullopt;
}

std::optional<Error> Writer::run_beside_others(WriteJob& job, Time now) {
  if (auto done = db_->savepoint(); !done) return std::move(done).error();
  auto published = events_->size();
  auto failed = call(job, now);
  if (failed && (!db_->usable() || db_->wants_retry())) return Error(*failed);
  if (failed) events_->resize(published);
  auto done = failed ? db_->rollback_to_savepoint() : db_->release_savepoint();
  if (!done) return std::move(done).error();
  return std::nullopt;
}

std::optional<ErrorCode> Writer::call(WriteJob& job, Time now) {
  job.failure.reset();
  Tx tx{*db_, now, events_};
  std::optional<ErrorCode> failed;
  try {
    failed = job(tx);
  } catch (const std::exception& thrown) {
    log_error("write_job_threw", {{"what", thrown.what()}});
    job.failure.emplace(ErrorCode::internal);
    failed = ErrorCode::internal;
  }
  job.failed = failed.has_value();
  return failed;
}

void Writer::answer(Jobs jobs) {
  fail_point("after_commit");
  auto appended = std::count_if(events_->begin(), events_->end(), [](const auto& event) {
    return event->kind == Event::Kind::durable && event->seq > 0;
  });
  if (appended > 0) metrics_.messages.add(static_cast<double>(appended));
  if (!events_->empty()) publish_(std::exchange(*events_, {}));
  fail_point("after_publish");
  fail_point("before_ack");
  for (Job* job : jobs) answers_.add(*job);
  answers_.send();
}

void Writer::refuse(Jobs jobs, const Error& error) {
  for (Job* job : jobs) {
    job->failure = error;
    answers_.add(*job);
  }
  answers_.send();
}

void Writer::refuse_overdue(std::vector<Job*>& jobs) {
  auto too_old_ms = steady_ms() - options_.patience_ms;
  auto overdue = std::stable_partition(jobs.begin(), jobs.end(), [=](Job* job) { return job->queued_ms > too_old_ms; });
  if (overdue == jobs.end()) return;
  refuse(Jobs(overdue, jobs.end()), unavailable("The change waited too long for the database."));
  jobs.erase(overdue, jobs.end());
}

/// Makes a new connection when there is none, for as long as a job has patience. False: every job was refused.
bool Writer::connected(std::vector<Job*>& jobs) {
  for (auto wait_ms = pause_ms_min; !db_ || !db_->usable(); wait_ms = std::min(2 * wait_ms, pause_ms_max)) {
    db_.reset();
    if (auto opened = open_db(options_.target)) {
      db_ = std::move(*opened);
      log_info("store_reconnected", {});
      break;
    } else {
      log_warn("store_reconnect_failed", {{"error", opened.error().detail}});
    }
    refuse_overdue(jobs);
    // Those behind them grow old too, and must not wait for their turn to be told so.
    std::vector<Job*> line;
    while (!line_.empty()) line.push_back(&line_.pop());
    auto before = line.size();
    refuse_overdue(line);
    waiting_.fetch_sub(before - line.size(), std::memory_order_relaxed);
    for (Job* job : line) line_.push(*job);
    {
      std::lock_guard lock(mutex_);
      line_.splice(incoming_);
    }
    metrics_.queue_depth.set(static_cast<double>(waiting()));
    if (jobs.empty()) return false;
    pause(wait_ms);
  }
  return true;
}

}  // namespace aiim
