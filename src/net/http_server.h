// A worker's HTTP connections: owns them, ends what takes too long, drains them. One thread.
#pragma once
#include <cstddef>
#include <exception>
#include <memory>
#include <unordered_map>

#include "net/http_session.h"

namespace aiim {

class HttpServer {
 public:
  explicit HttpServer(WorkerParts& parts, HttpTimeouts timeouts = {});
  ~HttpServer();

  /// Serves a connection just accepted.
  void serve(HttpSession::Socket socket, std::string address, ConnectionSlot slot);
  /// Once a second.
  void tick(std::int64_t now_ms);
  /// Idle connections end now, the others after the request under way.
  void drain();
  void close_all();
  std::size_t size() const { return sessions_.size(); }

 private:
  struct Finished {
    HttpServer* server;
    HttpSession* session;
    void operator()(std::exception_ptr failed) const;
  };

  WorkerParts& parts_;
  HttpTimeouts timeouts_;
  std::unordered_map<HttpSession*, std::unique_ptr<HttpSession>> sessions_;
};

}  // namespace aiim
