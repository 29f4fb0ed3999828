#include "store/sqlite_checkpointer.h"

#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"

namespace aiim {

SqliteCheckpointer::SqliteCheckpointer(std::string path) : path_(std::move(path)), thread_([this] { run(); }) {}

SqliteCheckpointer::~SqliteCheckpointer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  grew_.notify_one();
  thread_.join();
}

void SqliteCheckpointer::grew_to(int pages) {
  if (pages < noticed_) noticed_ = 0;  // the log started anew
  if (pages >= pages_max) return;      // the writer finishes now, and a round would hold the lock that it needs
  if (pages - noticed_ < pages_per_round) return;
  noticed_ = pages;
  {
    std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  grew_.notify_one();
}

void SqliteCheckpointer::run() {
  pthread_setname_np(pthread_self(), "aiim-checkpoint");
  sqlite3* db = nullptr;
  int code = sqlite3_open_v2(path_.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  // Also makes the connection look at the file: a checkpoint needs to know that there is a log.
  if (code == SQLITE_OK) {
    code = sqlite3_exec(db, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; SELECT 1 FROM sqlite_master LIMIT 1",
                        nullptr, nullptr, nullptr);
  }
  if (code != SQLITE_OK) log_error("sqlite_checkpointer_failed", {{"sqlite_code", code}});
  std::unique_lock lock(mutex_);
  for (;;) {
    grew_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) break;
    wanted_ = false;
    lock.unlock();
    auto next = std::chrono::steady_clock::now() + std::chrono::milliseconds(round_ms);
    if (code == SQLITE_OK) checkpoint(db);
    lock.lock();
    grew_.wait_until(lock, next, [this] { return stopping_; });
  }
  sqlite3_close_v2(db);
}

void SqliteCheckpointer::checkpoint(sqlite3* db) {
  int code = sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK) {
    // Through SQLite's own file: opening and closing the database file oneself would drop SQLite's locks.
    sqlite3_file* file = nullptr;
    code = sqlite3_file_control(db, nullptr, SQLITE_FCNTL_FILE_POINTER, &file);
    if (code == SQLITE_OK && file && file->pMethods) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  }
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return;  // busy: another connection is at it
  log_error("sqlite_checkpoint_failed", {{"sqlite_code", code}});
  if (code == SQLITE_IOERR_FSYNC) {
    std::fprintf(stderr, "aiim: the database file could not be synced to disk; stopping\n");
    std::abort();
  }
}

}  // namespace aiim
