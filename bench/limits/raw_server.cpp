// Level-triggered epoll, one recv per readiness, one gathered write per session and turn: the session's own acks, then
// what the turn broadcast, which is encoded once.
#include "raw_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "failure.h"
#include "ws_frame.h"

namespace aiim::bench {
namespace {

struct Session {
  int fd;
  bool open = false;  // after the handshake
  bool dirty = false;
  bool blocked = false;
  std::string rest = {};  // bytes of an unfinished frame
  std::string user = {};
  std::string own = {};  // what only this session gets
};

std::string_view between(std::string_view text, std::string_view before, char end) {
  size_t at = text.find(before);
  if (at == text.npos) return {};
  text.remove_prefix(at + before.size());
  return text.substr(0, text.find(end));
}

// The `sub` of the bearer token that the handshake carries, unverified.
std::string user_of(std::string_view head) {
  std::string payload(between(head, "Authorization: Bearer ", '\r'));
  payload = std::string(between(payload, ".", '.'));
  for (char& c : payload) c = c == '-' ? '+' : c == '_' ? '/' : c;
  payload.resize((payload.size() + 3) / 4 * 4, '=');
  std::string text(payload.size(), '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(payload.data()),
                  static_cast<int>(payload.size()));
  return std::string(between(text, R"("sub":")", '"'));
}

class Server {
 public:
  explicit Server(int listener) : epoll_(epoll_create1(EPOLL_CLOEXEC)), listener_(listener) {
    watch(listener, nullptr);
  }

  [[noreturn]] void run() {
    std::vector<epoll_event> events(1024);
    for (;;) {
      int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; i++) {
        auto* session = static_cast<Session*>(events[static_cast<size_t>(i)].data.ptr);
        session ? ready(*session, events[static_cast<size_t>(i)].events) : accept_all();
      }
      flush();
    }
  }

 private:
  void watch(int fd, Session* session) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = session}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      sessions_.push_back(std::make_unique<Session>(Session{.fd = fd}));
      watch(fd, sessions_.back().get());
    }
  }

  void close_session(Session& session) {
    close(session.fd);
    session.fd = -1;
    session.open = false;
  }

  void ready(Session& session, uint32_t events) {
    if (session.fd < 0) return;
    if (events & EPOLLOUT) {
      session.blocked = false;
      epoll_event event{.events = EPOLLIN, .data = {.ptr = &session}};
      epoll_ctl(epoll_, EPOLL_CTL_MOD, session.fd, &event);
      mark(session);
    }
    if (!(events & ~static_cast<uint32_t>(EPOLLOUT))) return;
    size_t kept = session.rest.size();
    memcpy(buffer_.data(), session.rest.data(), kept);
    ssize_t n = recv(session.fd, buffer_.data() + kept, buffer_.size() - kept, 0);
    if (n <= 0) return (n < 0 && errno == EAGAIN) ? void() : close_session(session);
    size_t size = kept + static_cast<size_t>(n), at = 0;
    if (!session.open) {
      at = handshake(session, {buffer_.data(), size});
    }
    while (session.open && at < size) {
      WsFrame frame;
      size_t consumed;
      if (decode_client_frame(buffer_.data() + at, size - at, frame, consumed) != Decoded::frame) break;
      at += consumed;
      if (frame.opcode == Opcode::text) answer(session, frame.payload);
    }
    session.rest.assign(buffer_.data() + at, size - at);
  }

  size_t handshake(Session& session, std::string_view bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return 0;
    session.own = fmt::format(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        "{}\r\n\r\n",
        websocket_accept(between(bytes, "Sec-WebSocket-Key: ", '\r')));
    append_server_frame(session.own, Opcode::text, R"({"type":"hello","data":{}})");
    session.user = user_of(bytes);
    session.open = true;
    mark(session);
    return end + 4;
  }

  void answer(Session& session, std::string_view text) {
    std::string_view id = between(text, R"("id":")", '"');
    mark(session);
    frame_.clear();
    if (text.find(R"("ping")") != text.npos) {
      fmt::format_to(std::back_inserter(frame_),
                     R"({{"type":"ack","id":"{}","data":{{"server_time":"2026-11-23T05:40:35.120Z"}}}})", id);
      return append_server_frame(session.own, Opcode::text, frame_);
    }
    seq_++;
    std::string_view conversation = between(text, R"("conversation_id":")", '"');
    fmt::format_to(
        std::back_inserter(frame_),
        R"({{"type":"ack","id":"{0}","data":{{"conversation_id":"{1}","client_msg_id":"{0}","seq":{2},"rev":{2}}}}})",
        id, conversation, seq_);
    append_server_frame(session.own, Opcode::text, frame_);
    frame_.clear();
    fmt::format_to(
        std::back_inserter(frame_),
        R"({{"type":"message.created","data":{{"conversation_id":"{0}","rev":{1},"after":{2},"message":{{"message_id":"msg_{1}","conversation_id":"{0}","sender_id":"{3}","type":"text","content":{{"text":"{4}"}},"client_msg_id":"{5}","created_at":"2026-11-23T05:40:35.120Z","seq":{1},"rev":{1},"status":"sent"}}}}}})",
        conversation, seq_, seq_ - 1, session.user, between(text, R"("text":")", '"'), id);
    append_server_frame(broadcast_, Opcode::text, frame_);
  }

  void mark(Session& session) {
    if (session.dirty) return;
    session.dirty = true;
    dirty_.push_back(&session);
  }

  void write(Session& session) {
    session.dirty = false;
    if (session.fd < 0) return;
    if (session.blocked) {
      session.own += broadcast_;
      return;
    }
    iovec parts[2] = {{session.own.data(), session.own.size()},
                      {broadcast_.data(), session.open ? broadcast_.size() : 0}};
    size_t size = parts[0].iov_len + parts[1].iov_len;
    if (size == 0) return;
    ssize_t n = writev(session.fd, parts, 2);
    if (n < 0 && errno != EAGAIN) return close_session(session);
    size_t sent = n < 0 ? 0 : static_cast<size_t>(n);
    if (sent == size) return session.own.clear();
    session.own += broadcast_;
    session.own.erase(0, sent);
    session.blocked = true;
    epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.ptr = &session}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, session.fd, &event);
  }

  void flush() {
    if (broadcast_.empty()) {
      for (Session* session : dirty_) write(*session);
    } else {
      for (auto& session : sessions_) write(*session);
    }
    dirty_.clear();
    broadcast_.clear();
  }

  int epoll_, listener_;
  std::vector<char> buffer_ = std::vector<char>(1 << 18);
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<Session*> dirty_;
  std::string broadcast_, frame_;
  int64_t seq_ = 0;
};

}  // namespace

RawServer::RawServer() {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  if (bind(listener, reinterpret_cast<sockaddr*>(&a), size) < 0 || listen(listener, 4096) < 0)
    fail("listen: {}", strerror(errno));
  getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size);
  target_.port = ntohs(a.sin_port);
  target_.secret = "unused";
  pid_ = fork();
  if (pid_ < 0) fail("fork: {}", strerror(errno));
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Server(listener).run();
  }
  close(listener);
}

RawServer::~RawServer() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace aiim::bench
