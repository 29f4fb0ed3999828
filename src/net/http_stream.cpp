#include "net/http_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

namespace aiim {

namespace asio = boost::asio;

namespace {

constexpr unsigned char handshake_record = 0x16;  // the first byte of every TLS connection (RFC 8446 §5.1)

asio::const_buffer buffer_of(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

HttpStream::HttpStream(Socket socket, std::unique_ptr<TlsChannel> tls)
    : socket_(std::move(socket)), tls_(std::move(tls)) {}

void HttpStream::close() {
  if (!socket_.is_open()) return;
  error_code ignored;
  socket_.close(ignored);
}

// Waits without a buffer, so that an idle connection has none; the bytes live until this thread receives again.
asio::awaitable<std::string_view> HttpStream::receive(error_code& failed) {
  thread_local std::array<char, 16 * 1024> bytes;
  for (;;) {
    co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, failed));
    if (failed || !socket_.is_open()) co_return std::string_view();
    ssize_t got = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got > 0) co_return std::string_view(bytes.data(), static_cast<std::size_t>(got));
    bool again = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    if (again) continue;
    failed = got == 0 ? error_code(asio::error::eof) : error_code(errno, boost::system::system_category());
    co_return std::string_view();
  }
}

asio::awaitable<void> HttpStream::flush(error_code& failed) {
  std::size_t put = 0;
  while (!failed && !tls_->output().empty()) {
    auto output = buffer_of(tls_->output());
    put = co_await socket_.async_write_some(output, asio::redirect_error(asio::use_awaitable, failed));
    tls_->sent(put);
  }
}

asio::awaitable<HttpStream::Handshake> HttpStream::handshake() {
  error_code failed;
  for (bool first = true;; first = false) {
    auto ciphertext = co_await receive(failed);
    if (failed) co_return Handshake::failed;
    auto letter = static_cast<unsigned char>(ciphertext.front());
    if (first && letter != handshake_record && letter >= 'A' && letter <= 'Z') {
      tls_.reset();
      co_return Handshake::plain_http;
    }
    auto outcome = tls_->handshake(ciphertext);
    co_await flush(failed);
    if (failed || outcome == TlsChannel::Outcome::closed) co_return Handshake::failed;
    if (outcome == TlsChannel::Outcome::done) co_return Handshake::done;
  }
}

asio::awaitable<std::size_t> HttpStream::read_some(asio::mutable_buffer into, error_code& failed) {
  if (!tls_) {
    co_return co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, failed));
  }
  std::string_view ciphertext;
  for (;;) {
    auto read = tls_->read(ciphertext, static_cast<char*>(into.data()), into.size());
    co_await flush(failed);  // TLS may have to answer by itself
    if (failed) co_return 0;
    if (read.outcome == TlsChannel::Outcome::done) co_return read.bytes;
    if (read.outcome == TlsChannel::Outcome::closed) {
      failed = asio::error::eof;
      co_return 0;
    }
    ciphertext = co_await receive(failed);
    if (failed) co_return 0;
  }
}

asio::awaitable<void> HttpStream::write(std::string_view head, std::string_view body, error_code& failed) {
  if (!tls_) {
    std::array<asio::const_buffer, 2> both = {buffer_of(head), buffer_of(body)};
    co_await asio::async_write(socket_, both, asio::redirect_error(asio::use_awaitable, failed));
    co_return;
  }
  // A large body (a file) goes record by record, so that never more than one is held encrypted.
  if (!tls_->write(head)) failed = asio::error::broken_pipe;
  while (!failed && !body.empty()) {
    auto part = body.substr(0, TlsChannel::record_bytes);
    body.remove_prefix(part.size());
    if (!tls_->write(part)) failed = asio::error::broken_pipe;
    if (tls_->output().size() >= TlsChannel::record_bytes) co_await flush(failed);
  }
  co_await flush(failed);
}

void HttpStream::finish_sending(error_code& failed) {
  if (tls_) {
    tls_->finish_writing();
    auto output = tls_->output();
    ::send(socket_.native_handle(), output.data(), output.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    tls_->sent(output.size());
  }
  socket_.shutdown(asio::socket_base::shutdown_send, failed);
}

asio::awaitable<void> HttpStream::drop_input(std::size_t bytes_max) {
  error_code failed;
  for (std::size_t total = 0; !failed && total < bytes_max;) {
    auto dropped = co_await receive(failed);
    total += dropped.size();
  }
}

int HttpStream::release(std::unique_ptr<TlsChannel>& tls, std::string& leftover, error_code& failed) {
  while (tls_) {
    std::array<char, 4096> more;
    auto read = tls_->read({}, more.data(), more.size());
    if (read.outcome != TlsChannel::Outcome::done) break;
    leftover.append(more.data(), read.bytes);
  }
  tls = std::move(tls_);
  return socket_.release(failed);
}

}  // namespace aiim
