// The readers: a few threads, each with its own connection, that share one queue of read jobs. What queued together
// shares a snapshot: it begins after all of them were handed over, so it contains every write acknowledged before.
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "store/mailbox.h"
#include "store/store.h"
#include "store/store_metrics.h"

namespace aiim {

class Readers {
 public:
  /// One thread per connection.
  Readers(const StoreOptions& options, std::vector<std::unique_ptr<Db>> connections, const StoreMetrics& metrics);
  /// Answers what waits, then ends the threads.
  ~Readers();

  bool admit();
  void push(Job& job);

 private:
  struct Reader {
    std::unique_ptr<Db> db;
    Answers answers;
    std::vector<ReadJob*> batch;
    std::thread thread;
  };

  void stop();
  void run(Reader& reader);
  bool take(Reader& reader);
  void process(Reader& reader);
  std::size_t run_snapshot(Reader& reader);
  bool run_one(Db& db, ReadJob& job);
  void answer(Reader& reader, std::size_t count);
  bool connected(Reader& reader);
  void refuse_overdue(Reader& reader);

  const StoreOptions& options_;
  const StoreMetrics& metrics_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable arrived_;
  JobList waiting_list_;
  bool stopping_ = false;
  std::atomic<std::size_t> waiting_{0};
  std::vector<Reader> readers_;
};

}  // namespace aiim
