// The socket of an HTTP connection, plain or TLS, for coroutines; it can be handed over to a Transport in mid-stream.
// One thread. Waits end by close().
#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls_channel.h"

namespace aiim {

class HttpStream {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
  using error_code = boost::system::error_code;

  /// `tls` null: plain.
  HttpStream(Socket socket, std::unique_ptr<TlsChannel> tls);

  bool is_open() const { return socket_.is_open(); }
  bool encrypted() const { return tls_ != nullptr; }
  void close();

  enum class Handshake : unsigned char { done, failed, plain_http };
  /// TLS only, once, first. On `plain_http` the peer speaks HTTP: the stream is plain from then on, for an answer.
  boost::asio::awaitable<Handshake> handshake();
  /// Why the handshake failed.
  std::string_view failure() const { return tls_ ? tls_->failure() : std::string_view(); }

  /// At least one byte, or an error; 0 without an error never.
  boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into, error_code& failed);
  /// Both, in order.
  boost::asio::awaitable<void> write(std::string_view head, std::string_view body, error_code& failed);
  /// No more bytes follow from here.
  void finish_sending(error_code& failed);
  /// Reads and drops what still comes, up to `bytes_max`, until the peer ends.
  boost::asio::awaitable<void> drop_input(std::size_t bytes_max);

  /// Gives the descriptor and its TLS away; what was read but not yet asked for is appended to `leftover`.
  int release(std::unique_ptr<TlsChannel>& tls, std::string& leftover, error_code& failed);

 private:
  boost::asio::awaitable<std::string_view> receive(error_code& failed);
  boost::asio::awaitable<void> flush(error_code& failed);

  Socket socket_;
  std::unique_ptr<TlsChannel> tls_;
};

}  // namespace aiim
