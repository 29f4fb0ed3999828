#include "net/epoll_loop.h"

#include "base/check.h"

namespace aiim {
namespace {

constexpr int events_per_turn = 1024;

}  // namespace

EpollLoop::EpollLoop(boost::asio::io_context& io, std::function<void(std::uint64_t, std::uint32_t)> ready,
                     std::function<void()> turn_over)
    : epoll_(io), ready_(std::move(ready)), turn_over_(std::move(turn_over)), events_(events_per_turn) {
  int fd = ::epoll_create1(EPOLL_CLOEXEC);
  AIIM_CHECK(fd >= 0);
  epoll_.assign(fd);
}

void EpollLoop::start() { arm(); }

void EpollLoop::stop() {
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

void EpollLoop::arm() {
  epoll_.async_wait(Descriptor::wait_read, [this](boost::system::error_code error) {
    if (error || !epoll_.is_open()) return;
    turn();
    if (epoll_.is_open()) arm();
  });
}

void EpollLoop::turn() {
  int count = ::epoll_wait(epoll_.native_handle(), events_.data(), events_per_turn, 0);
  for (int i = 0; i < count; ++i) {
    auto& event = events_[static_cast<std::size_t>(i)];
    ready_(event.data.u64, event.events);
  }
  turn_over_();
}

bool EpollLoop::add(int fd, std::uint64_t key, std::uint32_t events) {
  epoll_event event{events, {.u64 = key}};
  return ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void EpollLoop::change(int fd, std::uint64_t key, std::uint32_t events) {
  epoll_event event{events, {.u64 = key}};
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, fd, &event);
}

void EpollLoop::remove(int fd) { ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, fd, nullptr); }

}  // namespace aiim
