// A worker's listening socket. SO_REUSEPORT lets every worker have its own; the kernel spreads the connections.
#pragma once
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "base/result.h"
#include "net/http_session.h"

namespace aiim {

class Listener {
 public:
  using Accepted = std::function<void(HttpSession::Socket socket, std::string address, ConnectionSlot slot)>;

  Listener(WorkerParts& parts, Accepted accepted);

  /// Binds and listens; port 0 takes a free one. Returns the port. The error's detail is one line for the operator.
  Result<int> open(const std::string& host, int port);
  /// Begins to accept.
  void start();
  /// Takes in those who are connected already, then lets nobody in.
  void close();

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  void accept_next();
  void accepted(HttpSession::Socket socket);
  void failed(const boost::system::error_code& error);

  WorkerParts& parts_;
  Accepted accepted_;
  Acceptor acceptor_;
  boost::asio::steady_timer pause_;
};

}  // namespace aiim
