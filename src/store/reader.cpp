#include "store/reader.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "base/log.h"

namespace aiim {
namespace {

constexpr std::size_t snapshot_jobs_max = 8;  // of one snapshot: the first to come does not wait long for the last
constexpr int attempts_max = 3;
constexpr std::int64_t slow_ms = 1000;
constexpr std::int64_t pause_ms_min = 10;
constexpr std::int64_t pause_ms_max = 500;
constexpr std::chrono::seconds quiet(1);  // after which a connection gives back what it remembers

Error unavailable(const char* detail) {
  Error error(ErrorCode::unavailable, detail);
  error.retry_after_ms = 1000;
  return error;
}

}  // namespace

Readers::Readers(const StoreOptions& options, std::vector<std::unique_ptr<Db>> connections, const StoreMetrics& metrics)
    : options_(options), metrics_(metrics), readers_(connections.size()) {
  try {
    for (std::size_t i = 0; i < connections.size(); ++i) {
      Reader& reader = readers_[i];
      reader.db = std::move(connections[i]);
      reader.thread = std::thread([this, &reader] { run(reader); });
    }
  } catch (...) {  // no more threads, or memory: those that began must not outlive this
    stop();
    throw;
  }
}

Readers::~Readers() { stop(); }

void Readers::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  for (Reader& reader : readers_) {
    if (reader.thread.joinable()) reader.thread.join();
  }
}

bool Readers::admit() {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < options_.read_queue_max) return true;
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Readers::push(Job& job) {
  job.queued_ms = steady_ms();
  {
    std::lock_guard lock(mutex_);
    waiting_list_.push(job);
  }
  arrived_.notify_one();
}

void Readers::run(Reader& reader) {
  pthread_setname_np(pthread_self(), "aiim-reader");
  while (take(reader)) process(reader);
}

/// A fair share of what waits; false when the store ends and nothing does.
bool Readers::take(Reader& reader) {
  auto& batch = reader.batch;
  batch.clear();
  std::unique_lock lock(mutex_);
  auto called = [this] { return stopping_ || !waiting_list_.empty(); };
  if (!arrived_.wait_for(lock, quiet, called)) {
    lock.unlock();
    if (reader.db) reader.db->release_memory();
    lock.lock();
    arrived_.wait(lock, called);
  }
  auto share = waiting_.load(std::memory_order_relaxed) / readers_.size();
  share = std::clamp<std::size_t>(share, 1, snapshot_jobs_max);
  while (!waiting_list_.empty() && batch.size() < share) batch.push_back(&static_cast<ReadJob&>(waiting_list_.pop()));
  lock.unlock();
  auto left = waiting_.fetch_sub(batch.size(), std::memory_order_relaxed) - batch.size();
  metrics_.read_queue_depth.set(static_cast<double>(left));
  return !batch.empty();
}

void Readers::process(Reader& reader) {
  int failed = 0;
  refuse_overdue(reader);
  while (!reader.batch.empty() && connected(reader)) {
    auto ran = run_snapshot(reader);
    failed = ran > 0 ? 0 : failed + 1;
    if (failed == attempts_max) {  // it breaks each connection, or no snapshot can be had
      reader.batch.front()->failure = unavailable("The database cannot be read now.");
      ran = 1;
      failed = 0;
    }
    answer(reader, ran);
  }
}

/// Runs the batch in one snapshot; returns how many of its jobs are done. A failed one ends it, since its transaction
/// may be of no more use; the others get a new one.
std::size_t Readers::run_snapshot(Reader& reader) {
  Db& db = *reader.db;
  std::size_t done = 0;
  bool good = db.begin_read().has_value();
  while (good && done < reader.batch.size()) {
    good = run_one(db, *reader.batch[done]);
    if (good || (db.usable() && !db.wants_retry())) ++done;
  }
  if (good) good = db.commit().has_value();
  if (!good && db.usable()) db.rollback();
  return done;
}

bool Readers::run_one(Db& db, ReadJob& job) {
  job.failure.reset();
  auto began_ms = steady_ms();
  std::optional<ErrorCode> failed;
  try {
    Timed timed(metrics_.read);
    failed = job(db);
  } catch (const std::exception& thrown) {
    log_error("read_job_threw", {{"what", thrown.what()}});
    job.failure.emplace(ErrorCode::internal);
    failed = ErrorCode::internal;
  }
  if (auto took_ms = steady_ms() - began_ms; took_ms > slow_ms) {
    log_warn("slow_read", {{"duration_ms", took_ms}, {"waited_ms", began_ms - job.queued_ms}});
  }
  return !failed;
}

/// Answers the first `count` jobs of the batch.
void Readers::answer(Reader& reader, std::size_t count) {
  auto end = reader.batch.begin() + static_cast<std::ptrdiff_t>(count);
  for (auto job = reader.batch.begin(); job != end; ++job) reader.answers.add(**job);
  reader.answers.send();
  reader.batch.erase(reader.batch.begin(), end);
}

/// Makes a new connection when there is none, for as long as a job has patience. False: every job was refused.
bool Readers::connected(Reader& reader) {
  for (auto wait_ms = pause_ms_min; !reader.db || !reader.db->usable(); wait_ms = std::min(2 * wait_ms, pause_ms_max)) {
    reader.db.reset();
    if (auto opened = open_db(options_.target)) {
      reader.db = std::move(*opened);
      return true;
    }
    refuse_overdue(reader);
    if (reader.batch.empty()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
  }
  return true;
}

/// Those of the batch, and of the queue so that they need not wait for their turn to be told so.
void Readers::refuse_overdue(Reader& reader) {
  auto too_old_ms = steady_ms() - options_.patience_ms;
  std::size_t overdue = 0;  // the oldest are in front
  while (overdue < reader.batch.size() && reader.batch[overdue]->queued_ms <= too_old_ms) ++overdue;
  if (overdue == 0) return;
  if (overdue == reader.batch.size()) {
    std::lock_guard lock(mutex_);
    while (!waiting_list_.empty() && waiting_list_.front().queued_ms <= too_old_ms) {
      reader.batch.push_back(&static_cast<ReadJob&>(waiting_list_.pop()));
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      ++overdue;
    }
  }
  for (std::size_t i = 0; i < overdue; ++i)
    reader.batch[i]->failure = unavailable("The read waited too long for the database.");
  answer(reader, overdue);
}

}  // namespace aiim
