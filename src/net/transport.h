// The bytes of one established connection, non-blocking: the one place that knows whether they are plain. Owns the
// descriptor.
#pragma once
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace aiim {

class Transport {
 public:
  enum class Outcome : unsigned char { done, would_block, closed };
  struct Moved {
    Outcome outcome;
    std::size_t bytes = 0;
  };

  explicit Transport(int fd) : fd_(fd) {}
  Transport(Transport&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Transport& operator=(Transport&&) = delete;
  ~Transport() { close(); }

  int fd() const { return fd_; }

  Moved receive(char* out, std::size_t bytes_max) {
    ssize_t got = ::recv(fd_, out, bytes_max, MSG_DONTWAIT);
    if (got > 0) return {Outcome::done, static_cast<std::size_t>(got)};
    return {got < 0 && again() ? Outcome::would_block : Outcome::closed};
  }

  Moved send(iovec* parts, int count) {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<std::size_t>(count);
    ssize_t put = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) return {Outcome::done, static_cast<std::size_t>(put)};
    return {again() ? Outcome::would_block : Outcome::closed};
  }

  /// No more bytes follow; the peer may still send.
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  static bool again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

  int fd_;
};

}  // namespace aiim
