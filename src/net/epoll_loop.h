// A worker's own level-triggered epoll inside its io_context: one descriptor of Asio's stands for all WebSockets. Per
// readable socket this costs one epoll event instead of Asio's epoll_ctl and handler. One thread.
#pragma once
#include <sys/epoll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <vector>

namespace aiim {

class EpollLoop {
 public:
  /// `ready` is called for each event, `turn_over` once after them.
  EpollLoop(boost::asio::io_context& io, std::function<void(std::uint64_t key, std::uint32_t events)> ready,
            std::function<void()> turn_over);

  void start();
  /// No further events. Descriptors stay registered until they are closed.
  void stop();

  bool add(int fd, std::uint64_t key, std::uint32_t events);
  void change(int fd, std::uint64_t key, std::uint32_t events);
  void remove(int fd);

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  void arm();
  void turn();

  Descriptor epoll_;
  std::function<void(std::uint64_t, std::uint32_t)> ready_;
  std::function<void()> turn_over_;
  std::vector<epoll_event> events_;
};

}  // namespace aiim
