// One recv per readiness, into the loop's buffer; one send per turn.
#include "stream_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "failure.h"

namespace aiim::bench {

void StreamSocket::open(const Target& target, const std::string& source) {
  drop();
  rest_.clear();
  out_.clear();
  blocked_ = true;
  fd_ = connect_socket(target, source);
  loop_.watch(fd_, this, EPOLLIN | EPOLLOUT);
}

void StreamSocket::drop(bool reset) {
  if (fd_ < 0) return;
  if (reset) {
    linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(fd_);
  fd_ = -1;
}

void StreamSocket::lost(std::string_view why) {
  drop();
  on_lost(why);
}

void StreamSocket::write(std::string_view bytes) {
  out_.append(bytes);
  wrote();
}

void StreamSocket::flush() {
  if (fd_ < 0 || blocked_ || out_.empty()) return;
  ssize_t n = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) return lost(strerror(errno));
  if (n == static_cast<ssize_t>(out_.size())) {
    out_.clear();
    return;
  }
  if (n > 0) out_.erase(0, static_cast<size_t>(n));
  blocked_ = true;
  loop_.rewatch(fd_, this, EPOLLIN | EPOLLOUT);
}

void StreamSocket::on_ready(uint32_t events) {
  if (fd_ < 0) return;
  if (blocked_ && (events & EPOLLOUT)) {
    blocked_ = false;
    loop_.rewatch(fd_, this, EPOLLIN);
    flush();
    if (fd_ < 0) return;
  }
  if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return;
  char* buffer = loop_.buffer();
  size_t kept = rest_.size();
  if (kept >= Loop::buffer_bytes / 2) return lost("one frame or answer is larger than 512 KiB");
  memcpy(buffer, rest_.data(), kept);
  ssize_t n = recv(fd_, buffer + kept, Loop::buffer_bytes - kept, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return lost(n == 0 ? "closed by the server" : strerror(errno));
  reads_++;
  bytes_read_ += static_cast<uint64_t>(n);
  std::string_view bytes(buffer, kept + static_cast<size_t>(n));
  size_t taken = on_bytes(bytes);
  bytes.remove_prefix(std::min(taken, bytes.size()));
  if (!bytes.empty() || kept) rest_.assign(bytes);
}

}  // namespace aiim::bench
