// Where a worker's answered jobs arrive: one per io_context, found through its executor. A batch of answers is one
// post.
//
// Jobs live in coroutine frames that belong to the worker. When the io_context is destroyed while the store still works
// on some of them, its shutdown waits until those have come back (bounded by the store's own deadlines), and only then
// are the frames destroyed, without being resumed. One thread runs the io_context.
#pragma once
#include <atomic>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "store/job.h"

namespace aiim {

class Mailbox : public boost::asio::execution_context::service {
 public:
  static boost::asio::execution_context::id id;

  explicit Mailbox(boost::asio::io_context& io);
  /// The mailbox of the io_context that runs `executor`, which must be a plain io_context executor (no strand, no
  /// pool).
  static Mailbox& of(const boost::asio::any_io_executor& executor);

  /// On the worker: one more job is on its way to the store.
  void hand_out() { out_.fetch_add(1, std::memory_order_relaxed); }
  /// From a store's thread: `count` jobs, chained from `head`, are answered.
  void bring_back(Job& head, std::size_t count);

 private:
  void shutdown() override;

  boost::asio::io_context& io_;
  std::atomic<std::size_t> out_{0};  // ever handed out
  std::mutex mutex_;
  std::condition_variable all_back_;
  std::size_t back_ = 0;  // ever brought back
  bool closing_ = false;
};

/// Collects the answered jobs of a batch and gives each worker its own in one piece. Order within a worker is kept.
class Answers {
 public:
  void add(Job& job);
  void send();

 private:
  struct Chain {
    Mailbox* mailbox;
    Job* head;
    Job* tail;
    std::size_t count;
  };
  std::vector<Chain> chains_;  // one per worker: few
};

}  // namespace aiim
