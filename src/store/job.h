// A job of the store: a node in the writer's or the readers' queue. It lives in the frame of the coroutine that awaits
// it, so a job costs no allocation of its own; the frame cannot go away while a store thread works on it, see
// mailbox.h.
#pragma once
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "store/messages.h"
#include "store/receipts.h"
#include "store/stream_appends.h"

namespace aiim {

struct Tx;
class Mailbox;

struct Job {
  enum class Kind : std::uint8_t { append, advance, stream_append, write, read };
  using Waiter = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

  explicit Job(Kind k) : kind(k) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  const Kind kind;
  Job* next = nullptr;
  Mailbox* mailbox = nullptr;
  std::int64_t queued_ms = 0;                    // steady_ms() of its arrival
  std::optional<Waiter> waiter;                  // the suspended coroutine
  void (*answered)(Job&, bool alive) = nullptr;  // instead of a waiter; `alive` is false when the worker is going away
  std::optional<Error>
      failure;          // the store's answer in place of the job's own: nothing of it was kept, or nobody knows
  bool failed = false;  // a write job: its own answer is an error
};

struct AppendJob : Job {
  explicit AppendJob(MessageDraft d) : Job(Kind::append), draft(std::move(d)) {}
  MessageDraft draft;
  AppendOutcome outcome;
};

struct AdvanceJob : Job {
  explicit AdvanceJob(CursorStep s) : Job(Kind::advance), step(std::move(s)) {}
  CursorStep step;
  CursorOutcome outcome;
};

struct StreamAppendJob : Job {
  explicit StreamAppendJob(StreamAppend a) : Job(Kind::stream_append), append(std::move(a)) {}
  StreamAppend append;
  StreamAppendOutcome outcome;
};

/// A job given as a callable; what it returns undoes it. Borrowed: it outlives the job.
template <class Argument>
struct CallableJob : Job {
  template <class F>
  CallableJob(Kind k, F& body)
      : Job(k), object(&body), call([](void* f, Argument& argument) { return (*static_cast<F*>(f))(argument); }) {}
  std::optional<ErrorCode> operator()(Argument& argument) { return call(object, argument); }

 private:
  void* object;
  std::optional<ErrorCode> (*call)(void*, Argument&);
};
using WriteJob = CallableJob<Tx>;
using ReadJob = CallableJob<Db>;

/// First in, first out, through Job::next. Not thread-safe.
class JobList {
 public:
  bool empty() const { return head_ == nullptr; }
  Job& front() { return *head_; }
  void push(Job& job) {
    job.next = nullptr;
    (head_ ? tail_->next : head_) = &job;
    tail_ = &job;
  }
  Job& pop() {
    Job& job = *head_;
    head_ = job.next;
    job.next = nullptr;
    return job;
  }
  /// Moves all of `later` to the end.
  void splice(JobList& later) {
    if (later.empty()) return;
    (head_ ? tail_->next : head_) = later.head_;
    tail_ = later.tail_;
    later.head_ = nullptr;
  }

 private:
  Job* head_ = nullptr;
  Job* tail_ = nullptr;  // meaningful unless empty
};

}  // namespace aiim
