// The counters of `aiim-counts`: the product with its calls into the kernel, the allocator and the databases counted.
// They live in a file that a test maps as well, so that reading them disturbs nothing. Definitions in the executable
// come before those of shared libraries: what libsqlite3 or libpq call is counted too.
#pragma once
#include <atomic>
#include <cstdint>

namespace aiim::counts {

// In the order of `names` in counters.cpp.
enum class Count : std::size_t {
  allocations,
  live_bytes,  // allocated and not freed
  sends,
  sent_bytes,
  receives,
  epoll_changes,
  epoll_waits,
  writes,  // write(2): wake-ups of threads, logs
  file_writes,
  file_bytes,
  syncs,
  sqlite_statements,
  sqlite_prepares,
  postgres_statements,
  postgres_round_trips,
  commits_held,
  hold_commits,  // set by a test
  end,
};

std::atomic<std::uint64_t>& counter(Count which);

inline void add(Count which, std::uint64_t by = 1) { counter(which).fetch_add(by, std::memory_order_relaxed); }

/// On the way of every commit: while a test holds commits, waits, so that what comes meanwhile goes into one batch.
void wait_while_held();

}  // namespace aiim::counts
