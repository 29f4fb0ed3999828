// The file named by COUNTS_FILE: slots of 32 bytes, a name and a number. Until it is mapped, and without it,
// counting goes nowhere.
#include "counters.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

namespace aiim::counts {
namespace {

struct Slot {
  char name[24];
  std::atomic<std::uint64_t> value;
};

constexpr auto slots = static_cast<std::size_t>(Count::end);
constexpr const char* names[slots] = {
    "allocations",   "live_bytes",        "sends",           "sent_bytes",          "receives",
    "epoll_changes", "epoll_waits",       "writes",          "file_writes",         "file_bytes",
    "syncs",         "sqlite_statements", "sqlite_prepares", "postgres_statements", "postgres_round_trips",
    "commits_held",  "hold_commits",
};

constinit Slot nowhere[slots];
constinit std::atomic<Slot*> page = nowhere;

[[gnu::constructor]] void map_file() {
  const char* path = std::getenv("COUNTS_FILE");
  if (path == nullptr) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || ftruncate(fd, sizeof nowhere) != 0) std::abort();
  void* memory = mmap(nullptr, sizeof nowhere, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) std::abort();
  close(fd);
  auto* mapped = static_cast<Slot*>(memory);
  for (std::size_t i = 0; i < slots; i++) std::strncpy(mapped[i].name, names[i], sizeof mapped[i].name - 1);
  page = mapped;
}

}  // namespace

std::atomic<std::uint64_t>& counter(Count which) {
  return page.load(std::memory_order_relaxed)[static_cast<std::size_t>(which)].value;
}

void wait_while_held() {
  if (counter(Count::hold_commits) == 0) return;
  add(Count::commits_held);
  const timespec a_moment{0, 1'000'000};
  while (counter(Count::hold_commits) != 0) nanosleep(&a_moment, nullptr);
}

}  // namespace aiim::counts
