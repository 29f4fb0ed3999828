// A real server on this machine for tests: answers each request with the bytes that its function makes of the request's
// head; without bytes it leaves the client waiting. Connections end after one answer.
#pragma once
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace aiim {

class TestServer {
 public:
  using Answer = std::function<std::optional<std::string>(const std::string& head)>;

  explicit TestServer(Answer answer)
      : answer_(std::move(answer)),
        acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this] { run(); }) {}
  ~TestServer() {
    stopping_ = true;
    thread_.join();
    for (int fd : waiting_) close(fd);
  }

  std::string url(const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  int requests() const { return requests_; }

  static std::string ok(const std::string& body, const std::string& headers = "") {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }

 private:
  void run() {
    while (!stopping_) {
      pollfd ready{acceptor_.native_handle(), POLLIN, 0};
      if (poll(&ready, 1, 20) == 1) serve(accept(acceptor_.native_handle(), nullptr, nullptr));
    }
  }
  void serve(int fd) {
    std::string head;
    char piece[4096];
    while (head.find("\r\n\r\n") == head.npos) {
      auto got = recv(fd, piece, sizeof piece, 0);
      if (got <= 0) break;
      head.append(piece, static_cast<std::size_t>(got));
    }
    ++requests_;
    auto answer = answer_(head);
    if (!answer) return waiting_.push_back(fd);
    (void)!send(fd, answer->data(), answer->size(), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    while (recv(fd, piece, sizeof piece, 0) > 0) {
    }
    close(fd);
  }

  Answer answer_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> requests_{0};
  std::vector<int> waiting_;
  std::thread thread_;
};

}  // namespace aiim
