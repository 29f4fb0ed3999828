#include "net/http_server.h"

#include <boost/asio/co_spawn.hpp>

#include "base/log.h"

namespace aiim {

HttpServer::HttpServer(WorkerParts& parts, HttpTimeouts timeouts) : parts_(parts), timeouts_(timeouts) {}
HttpServer::~HttpServer() = default;

void HttpServer::Finished::operator()(std::exception_ptr failed) const {
  if (failed) log_error("http_session_failed");
  server->sessions_.erase(session);
  server->parts_.metrics.http_connections.add(-1);
}

void HttpServer::serve(HttpSession::Socket socket, std::string address, ConnectionSlot slot) {
  auto session =
      std::make_unique<HttpSession>(parts_, timeouts_, std::move(socket), std::move(address), std::move(slot));
  HttpSession* raw = session.get();
  sessions_.emplace(raw, std::move(session));
  parts_.metrics.http_connections.add(1);
  boost::asio::co_spawn(parts_.app.io, raw->run(), Finished{this, raw});
}

void HttpServer::tick(std::int64_t now_ms) {
  for (auto& [raw, session] : sessions_) session->tick(now_ms);
}

void HttpServer::drain() {
  for (auto& [raw, session] : sessions_) session->drain();
}

void HttpServer::close_all() {
  for (auto& [raw, session] : sessions_) session->close();
}

}  // namespace aiim
