// The TLS side of a connection's bytes.
#include "net/transport.h"

#include <algorithm>
#include <array>
#include <string>

namespace aiim {
namespace {

constexpr std::size_t ciphertext_bytes = 48 * 1024;
constexpr std::size_t send_bytes_max =
    64 * 1024;  // encrypted at a time: what a slow peer's session holds besides its outbox

}  // namespace

Transport::Moved Transport::receive_tls(char* out, std::size_t bytes_max) {
  thread_local std::array<char, ciphertext_bytes> ciphertext;
  auto wanted = std::min(ciphertext.size(), bytes_max - TlsChannel::record_bytes);
  ssize_t got = ::recv(fd_, ciphertext.data(), wanted, MSG_DONTWAIT);
  if (got <= 0) return {got < 0 && again() ? Outcome::would_block : Outcome::closed};
  auto read = tls_->read({ciphertext.data(), static_cast<std::size_t>(got)}, out, bytes_max);
  switch (read.outcome) {
    case TlsChannel::Outcome::done: return {Outcome::done, read.bytes};
    case TlsChannel::Outcome::need_more: return {Outcome::would_block};
    case TlsChannel::Outcome::closed: break;
  }
  return {Outcome::closed};
}

// Small parts are put together first: each record costs 22 to 30 bytes and a sealing.
Transport::Moved Transport::send_tls(iovec* parts, int count) {
  if (auto flushed = flush_tls(); flushed != Outcome::done) return {flushed};
  thread_local std::string plaintext;
  plaintext.clear();
  for (int i = 0; i < count && plaintext.size() < send_bytes_max; ++i) {
    auto room = send_bytes_max - plaintext.size();
    plaintext.append(static_cast<const char*>(parts[i].iov_base), std::min(room, parts[i].iov_len));
  }
  if (!tls_->write(plaintext)) return {Outcome::closed};
  return {flush_tls(), plaintext.size()};
}

Transport::Outcome Transport::flush_tls() {
  while (!tls_->output().empty()) {
    auto output = tls_->output();
    ssize_t put = ::send(fd_, output.data(), output.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0) return again() ? Outcome::would_block : Outcome::closed;
    tls_->sent(static_cast<std::size_t>(put));
  }
  return Outcome::done;
}

// The notice is a courtesy: whatever does not fit into the socket's buffer now is dropped.
void Transport::say_goodbye() {
  tls_->finish_writing();
  flush_tls();
}

}  // namespace aiim
