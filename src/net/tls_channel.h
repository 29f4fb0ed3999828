// The server's side of one TLS connection without I/O: ciphertext in and plaintext out, and the other way round. Holds
// ciphertext only while it waits for something: an idle channel has no buffer. One thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "net/tls_context.h"

namespace aiim {

class TlsChannel {
 public:
  enum class Outcome : unsigned char { done, need_more, closed };
  struct Moved {
    Outcome outcome;
    std::size_t bytes = 0;
  };

  explicit TlsChannel(SslPtr ssl);
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;
  ~TlsChannel();

  /// Goes on with the handshake; `closed` when it failed, with the reason in failure().
  Outcome handshake(std::string_view ciphertext);
  /// Plaintext of what was received so far; ciphertext that `out` has no room for is kept. An `out` with at least
  /// record_bytes more room than `ciphertext` is long takes everything.
  Moved read(std::string_view ciphertext, char* out, std::size_t bytes_max);
  /// Encrypts everything; false when the connection is beyond use.
  bool write(std::string_view plaintext);
  /// Queues the notice that nothing more follows.
  void finish_writing();

  /// Ciphertext for the peer, in order; sent(n) drops its first n bytes.
  std::string_view output() const { return std::string_view(output_).substr(output_at_); }
  void sent(std::size_t bytes);

  std::string_view failure() const { return failure_; }

  static constexpr std::size_t record_bytes = 16 * 1024;

 private:
  struct Bio;  // OpenSSL's view of input_ and output_
  class Feed;

  Outcome outcome_of(int returned);

  SslPtr ssl_;
  std::string_view input_;  // during a call: what OpenSSL has not yet taken
  std::string kept_;        // between calls: the same
  std::string output_;
  std::size_t output_at_ = 0;
  std::string failure_;
};

}  // namespace aiim
