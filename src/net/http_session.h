// One HTTP/1.1 connection, plain or TLS: reads requests one by one, has them answered, and hands the connection over
// when one becomes a WebSocket. Its waits end by closing the socket: tick() does so when a deadline has passed. One
// thread; owned by HttpServer.
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <string>

#include "net/edge_state.h"
#include "net/http_reply.h"
#include "net/http_request.h"
#include "net/http_stream.h"
#include "net/worker_parts.h"

namespace aiim {

struct HttpTimeouts {
  std::int64_t head_ms = 10'000;  // from a request's first byte to the end of its head
  std::int64_t body_ms = 30'000;
  std::int64_t idle_ms = 60'000;    // between requests
  std::int64_t write_ms = 30'000;   // one answer
  std::int64_t linger_ms = 2'000;   // after the last answer, for the peer to read it
  std::int64_t answer_ms = 60'000;  // one operation
  std::int64_t drain_ms = 1'000;    // for a request that was on its way when the server began to stop
};

class HttpSession {
 public:
  using Socket = HttpStream::Socket;

  HttpSession(WorkerParts& parts, const HttpTimeouts& timeouts, Socket socket, std::string address,
              ConnectionSlot slot);

  /// Serves the connection until it ends or is handed over.
  boost::asio::awaitable<void> run();

  /// Closes the connection when its deadline has passed.
  void tick(std::int64_t now_ms);
  /// No request after the one under way, or after one that was on its way: answers say that the connection closes.
  void drain();
  void close();

 private:
  struct Exchange;  // one request under way, with Beast's parser, kept out of this header

  boost::asio::awaitable<bool> open_tls();
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<Result<std::size_t>> read_head();
  boost::asio::awaitable<Result<>> read_body(Exchange& exchange);
  boost::asio::awaitable<HttpReply> answer(Exchange& exchange);
  HttpReply upgrade(Exchange& exchange);
  Error body_too_large() const;
  boost::asio::awaitable<bool> write(const HttpReply& reply, Exchange& exchange);
  boost::asio::awaitable<bool> refuse(const Error& error, Exchange& exchange);
  boost::asio::awaitable<void> hand_over(Exchange& exchange);
  boost::asio::awaitable<void> linger();
  void record(const Exchange& exchange, int status, std::size_t bytes);
  void wait_at_most(std::int64_t ms);
  void wait_for_last();

  WorkerParts& parts_;
  const HttpTimeouts& timeouts_;
  HttpStream stream_;
  std::string address_;
  ConnectionSlot slot_;
  boost::beast::flat_buffer in_;
  std::int64_t deadline_ms_ = 0;
  bool idle_ = true;  // between requests, nothing of the next one read
};

}  // namespace aiim
