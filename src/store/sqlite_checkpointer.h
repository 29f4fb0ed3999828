// Moves SQLite's write-ahead log into the database file, so that commits do not have to: a thread with a connection of
// its own makes a PASSIVE checkpoint (which stops nobody) for every 100 new pages, but not more often than every 25 ms
// (under load the same pages come again and again, and are copied once), and syncs the database file after each, or the
// sync of many pages would fall to the next writer. What a busy writer never lets it reach is the log's
// very end, where it could start anew: the writer finishes those last pages itself between two transactions, once the
// log has 16,000 (64 MB).
#pragma once
#include <sqlite3.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace aiim {

class SqliteCheckpointer {
 public:
  static constexpr int pages_per_round = 100;
  static constexpr int pages_max = 16'000;
  static constexpr int round_ms = 25;

  explicit SqliteCheckpointer(std::string path);
  ~SqliteCheckpointer();
  SqliteCheckpointer(const SqliteCheckpointer&) = delete;
  SqliteCheckpointer& operator=(const SqliteCheckpointer&) = delete;

  /// The log has so many pages now; called by the writer after each commit.
  void grew_to(int pages);

 private:
  void run();
  void checkpoint(sqlite3* db);

  const std::string path_;
  std::mutex mutex_;  // guards the next two
  std::condition_variable grew_;
  bool wanted_ = false;
  bool stopping_ = false;
  int noticed_ = 0;     // the writer's: pages at the last round asked for
  std::thread thread_;  // last: starts when everything is there
};

}  // namespace aiim
