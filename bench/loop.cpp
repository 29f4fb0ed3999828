// Level-triggered, up to 1,024 events a turn; waits with nanosecond deadlines so that an open loop keeps its schedule.
#include "loop.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "clock.h"
#include "failure.h"

namespace aiim::bench {
namespace {

// A long sleep ends this long before its time and the rest is spent polling: an idle core takes some 40 µs to wake up.
constexpr int64_t early_ns = 60'000;
constexpr int64_t long_ns = 300'000;  // shorter ones are slept through: the server may need the core

}  // namespace

Loop::Loop() : fd_(epoll_create1(EPOLL_CLOEXEC)), buffer_(buffer_bytes + padding), events_(1024) {
  if (fd_ < 0) fail("epoll_create1: {}", strerror(errno));
  prctl(PR_SET_TIMERSLACK, 1000);  // 1 µs instead of 50
}

Loop::~Loop() { close(fd_); }

void Loop::watch(int fd, Source* source, uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = source}};
  if (epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl add: {}", strerror(errno));
}

void Loop::rewatch(int fd, Source* source, uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = source}};
  if (epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event) < 0) fail("epoll_ctl mod: {}", strerror(errno));
}

void Loop::mark_dirty(Source* source) {
  if (source->dirty_) return;
  source->dirty_ = true;
  dirty_.push_back(source);
}

void Loop::forget(Source* source) {
  if (!source->dirty_) return;
  std::erase(dirty_, source);
  std::erase(flushing_, source);
}

void Loop::flush_dirty() {
  flushing_.clear();
  flushing_.swap(dirty_);
  for (Source* source : flushing_) {
    source->dirty_ = false;
    source->flush();
  }
  flushing_.clear();
}

void Loop::turn(int64_t deadline_ns) {
  flush_dirty();
  int64_t wait = deadline_ns - now_ns();
  if (wait > long_ns) early_for_ns_ = deadline_ns;
  if (early_for_ns_ == deadline_ns) wait -= early_ns;
  wait = std::max<int64_t>(wait, 0);
  timespec timeout{.tv_sec = wait / second_ns, .tv_nsec = wait % second_ns};
  int n = epoll_pwait2(fd_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
  if (n < 0 && errno != EINTR) fail("epoll_pwait2: {}", strerror(errno));
  for (int i = 0; i < n; i++)
    static_cast<Source*>(events_[static_cast<size_t>(i)].data.ptr)->on_ready(events_[static_cast<size_t>(i)].events);
  flush_dirty();
}

}  // namespace aiim::bench
