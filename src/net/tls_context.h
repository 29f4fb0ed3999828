// The certificate and key that this server shows, read from PEM files, and what makes TLS connections of them (TLS 1.2
// and 1.3, ALPN http/1.1). Reading them again replaces both for later connections; those that exist keep theirs. Any
// thread.
#pragma once
#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace aiim {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

/// What the certificate says, for logs and for people.
struct TlsCertificate {
  std::string subject;
  std::vector<std::string> names;  // DNS names and addresses it is good for
  Time not_before;
  Time not_after;
};

class TlsContext {
 public:
  /// Reads both files and checks that they belong together. The error is one line for the operator.
  static Result<std::unique_ptr<TlsContext>> open(std::string certificate_file, std::string key_file);

  /// Reads both files again. On an error nothing changes.
  Result<> reload();

  /// A server's side of one new connection.
  SslPtr make_session() const;
  TlsCertificate certificate() const;

 private:
  struct Identity {
    std::unique_ptr<SSL_CTX, FreeSsl> context;
    TlsCertificate certificate;
  };
  static Result<std::shared_ptr<const Identity>> read(const std::string& certificate_file, const std::string& key_file);

  TlsContext(std::string certificate_file, std::string key_file, std::shared_ptr<const Identity> identity);

  const std::string certificate_file_;
  const std::string key_file_;
  // Shared: a worker may be making a session while a reload takes its place.
  std::atomic<std::shared_ptr<const Identity>> identity_;
};

}  // namespace aiim
