#include "store/mailbox.h"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/check.h"

namespace aiim {
namespace {

/// Resumes a chain of jobs on their worker; destroyed instead of called, it destroys what waited.
class Resume {
 public:
  explicit Resume(Job* head) : head_(head) {}
  Resume(Resume&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  Resume& operator=(Resume&&) = delete;
  ~Resume() {
    while (head_) next(false);
  }
  void operator()() {
    while (head_) next(true);
  }

 private:
  void next(bool alive) {
    Job& job = *head_;
    head_ = job.next;  // before the frame that holds the job goes on, or away
    if (job.answered) {
      job.answered(job, alive);
    } else {
      Job::Waiter waiter = std::move(*job.waiter);
      job.waiter.reset();
      if (alive) waiter();
    }
  }

  Job* head_;
};

}  // namespace

boost::asio::execution_context::id Mailbox::id;

Mailbox::Mailbox(boost::asio::io_context& io) : boost::asio::execution_context::service(io), io_(io) {}

Mailbox& Mailbox::of(const boost::asio::any_io_executor& executor) {
  const auto* worker = executor.target<boost::asio::io_context::executor_type>();
  AIIM_CHECK(worker != nullptr);
  return boost::asio::use_service<Mailbox>(boost::asio::query(*worker, boost::asio::execution::context));
}

void Mailbox::bring_back(Job& head, std::size_t count) {
  boost::asio::post(io_, Resume(&head));
  std::lock_guard lock(mutex_);
  back_ += count;
  if (closing_) all_back_.notify_all();
}

void Mailbox::shutdown() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  all_back_.wait(lock, [this] { return back_ == out_.load(std::memory_order_relaxed); });
}

void Answers::add(Job& job) {
  job.next = nullptr;
  for (Chain& chain : chains_) {
    if (chain.mailbox != job.mailbox) continue;
    chain.tail = chain.tail->next = &job;
    ++chain.count;
    return;
  }
  chains_.push_back({job.mailbox, &job, &job, 1});
}

void Answers::send() {
  for (const Chain& chain : chains_) chain.mailbox->bring_back(*chain.head, chain.count);
  chains_.clear();
}

}  // namespace aiim
