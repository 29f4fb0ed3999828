#include "net/listener.h"

#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>
#include <chrono>

#include "base/log.h"

namespace aiim {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int backlog = 4096;
constexpr auto pause_after_failure = std::chrono::milliseconds(100);

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// Enough for a client to understand; written without waiting, because there is nobody to wait for us.
constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nX-XSS-Protection: 1; mode=block\r\n"
    "Referrer-Policy: no-referrer\r\n\r\n";

}  // namespace

Listener::Listener(WorkerParts& parts, Accepted accepted)
    : parts_(parts), accepted_(std::move(accepted)), acceptor_(parts.app.io), pause_(parts.app.io) {}

Result<int> Listener::open(const std::string& host, int port) {
  error_code error;
  auto fail = [&](std::string_view what) {
    auto where = host + ":" + std::to_string(port);
    return Error(ErrorCode::unavailable, "cannot " + std::string(what) + " " + where + ": " + error.message());
  };
  auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return fail("understand the address");
  tcp::endpoint endpoint(address, static_cast<unsigned short>(port));
  acceptor_.open(endpoint.protocol(), error);
  if (error) return fail("open a socket for");
  acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  acceptor_.set_option(ReusePort(true), error);
  if (address.is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
  acceptor_.bind(endpoint, error);
  if (error) return fail("listen on");
  acceptor_.listen(backlog, error);
  if (error) return fail("listen on");
  return acceptor_.local_endpoint(error).port();
}

void Listener::start() { accept_next(); }

void Listener::close() {
  error_code ignored, none_left;
  acceptor_.non_blocking(true, none_left);
  for (int left = backlog; left > 0 && !none_left; --left) {
    HttpSession::Socket socket = acceptor_.accept(parts_.app.io, none_left);
    if (!none_left) accepted(std::move(socket));
  }
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::accept_next() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(parts_.app.io, [this](error_code error, HttpSession::Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) return failed(error);
    accepted(std::move(socket));
    accept_next();
  });
}

void Listener::accepted(HttpSession::Socket socket) {
  error_code error;
  auto peer = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay(true), error);
  const std::int64_t max = parts_.app.settings.max_connections;
  if (parts_.shared.connections >= max + spare_connections(max)) {
    parts_.metrics.connections_refused.add();
    if (parts_.shared.tls) return;  // a refusal would cost a handshake
    ::send(socket.native_handle(), too_many.data(), too_many.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return;
  }
  auto address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  accepted_(std::move(socket), address.to_string(), ConnectionSlot(parts_.shared, max));
}

// Out of descriptors or memory: the connection stays in the backlog, so accepting again at once would spin.
void Listener::failed(const error_code& error) {
  parts_.metrics.accept_errors.add();
  bool passing = error == asio::error::connection_aborted || error == asio::error::interrupted;
  if (passing) return accept_next();
  log_warn("accept_failed", {{"error", error.message()}});
  pause_.expires_after(pause_after_failure);
  pause_.async_wait([this](error_code cancelled) {
    if (!cancelled) accept_next();
  });
}

}  // namespace aiim
