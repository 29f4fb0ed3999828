// Calls into the kernel that cost what a server of this kind spends most of its time on.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "counters.h"

namespace {

using aiim::counts::add;
using aiim::counts::Count;

// Calls are counted before they are made: whoever sees their effect may read the counter at once.
ssize_t sent(long bytes) {
  if (bytes > 0) add(Count::sent_bytes, static_cast<std::uint64_t>(bytes));
  return bytes;
}

ssize_t file_written(long bytes) {
  if (bytes > 0) add(Count::file_bytes, static_cast<std::uint64_t>(bytes));
  return bytes;
}

int synced(long number, int fd) {
  add(Count::syncs);
  aiim::counts::wait_while_held();
  return static_cast<int>(syscall(number, fd));
}

}  // namespace

extern "C" {

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  add(Count::sends);
  return sent(syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0));
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  add(Count::sends);
  return sent(syscall(SYS_sendmsg, fd, message, flags));
}
ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  add(Count::receives);
  return syscall(SYS_recvfrom, fd, bytes, size, flags, nullptr, nullptr);
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
  add(Count::receives);
  return syscall(SYS_recvmsg, fd, message, flags);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  add(Count::sends);
  return sent(syscall(SYS_writev, fd, parts, count));
}
ssize_t readv(int fd, const iovec* parts, int count) {
  add(Count::receives);
  return syscall(SYS_readv, fd, parts, count);
}

int epoll_ctl(int epoll, int what, int fd, epoll_event* event) {
  add(Count::epoll_changes);
  return static_cast<int>(syscall(SYS_epoll_ctl, epoll, what, fd, event));
}
int epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  add(Count::epoll_waits);
  return static_cast<int>(syscall(SYS_epoll_pwait, epoll, events, count, timeout_ms, nullptr, 0));
}

ssize_t write(int fd, const void* bytes, size_t size) {
  add(Count::writes);
  return syscall(SYS_write, fd, bytes, size);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  add(Count::file_writes);
  return file_written(syscall(SYS_pwrite64, fd, bytes, size, at));
}
int fsync(int fd) { return synced(SYS_fsync, fd); }
int fdatasync(int fd) { return synced(SYS_fdatasync, fd); }
}
