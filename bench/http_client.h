// One keep-alive HTTP/1.1 connection with one request in flight, and a way to send a list of requests over several.
// Understands answers with Content-Length, or without a body (204, 304).
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "stream_socket.h"

namespace aiim::bench {

struct HttpRequest {
  std::string method;
  std::string path;  // from the root, query included
  std::string token;
  std::string body;
};

struct HttpReply {
  int status = 0;
  std::string body;
};

class HttpClient final : public StreamSocket {
 public:
  // `body` is padded for simdjson and gone after the call.
  using Done = std::function<void(int status, std::string_view body)>;

  HttpClient(Loop& loop, Target target) : StreamSocket(loop), target_(std::move(target)) {}
  void send(const HttpRequest& request, Done done);
  bool busy() const { return done_ != nullptr; }

 private:
  size_t on_bytes(std::string_view bytes) override;
  void on_lost(std::string_view why) override;

  Target target_;
  Done done_;
};

// Answers in the order of the requests; `progress` hears twice a second how many there are. Fails when none comes for
// 30 s or one is not 2xx.
std::vector<HttpReply> http_all(Loop& loop, const Target& target, const std::vector<HttpRequest>& requests,
                                size_t connections = 8, const std::function<void(size_t)>& progress = {});
HttpReply http_one(Loop& loop, const Target& target, const HttpRequest& request);

}  // namespace aiim::bench
