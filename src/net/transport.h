// The bytes of one established connection, non-blocking: the one place that knows whether they are plain or TLS. Owns
// the descriptor.
#pragma once
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <utility>

#include "net/tls_channel.h"

namespace aiim {

class Transport {
 public:
  enum class Outcome : unsigned char { done, would_block, closed };
  struct Moved {
    Outcome outcome;
    std::size_t bytes = 0;
  };

  explicit Transport(int fd, std::unique_ptr<TlsChannel> tls = nullptr) : fd_(fd), tls_(std::move(tls)) {}
  Transport(Transport&& other) noexcept : fd_(std::exchange(other.fd_, -1)), tls_(std::move(other.tls_)) {}
  Transport& operator=(Transport&&) = delete;
  ~Transport() { close(); }

  int fd() const { return fd_; }

  /// Under TLS `bytes_max` is at least twice TlsChannel::record_bytes, so that nothing that was read waits in here.
  Moved receive(char* out, std::size_t bytes_max) {
    if (tls_) return receive_tls(out, bytes_max);
    ssize_t got = ::recv(fd_, out, bytes_max, MSG_DONTWAIT);
    if (got > 0) return {Outcome::done, static_cast<std::size_t>(got)};
    return {got < 0 && again() ? Outcome::would_block : Outcome::closed};
  }

  /// Fewer bytes than asked for, or would_block: call again once the descriptor is writable.
  Moved send(iovec* parts, int count) {
    if (tls_) return send_tls(parts, count);
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<std::size_t>(count);
    ssize_t put = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put >= 0) return {Outcome::done, static_cast<std::size_t>(put)};
    return {again() ? Outcome::would_block : Outcome::closed};
  }

  /// Bytes that send() has taken, or that TLS itself has to say, but the kernel has not: send() with no parts goes on.
  bool unsent() const { return tls_ && !tls_->output().empty(); }

  /// No more bytes follow; the peer may still send.
  void finish_sending() {
    if (tls_) say_goodbye();
    ::shutdown(fd_, SHUT_WR);
  }

  void close() {
    if (fd_ < 0) return;
    if (tls_) say_goodbye();
    ::close(std::exchange(fd_, -1));
  }

 private:
  static bool again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }
  Moved receive_tls(char* out, std::size_t bytes_max);
  Moved send_tls(iovec* parts, int count);
  Outcome flush_tls();
  void say_goodbye();

  int fd_;
  std::unique_ptr<TlsChannel> tls_;
};

}  // namespace aiim
