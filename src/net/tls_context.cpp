#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

namespace aiim {
namespace {

Error refuse(const std::string& what) { return Error(ErrorCode::invalid_request, what); }

std::string openssl_reason() {
  auto code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  std::string text = reason ? reason : "unknown reason";
  ERR_clear_error();
  return text;
}

Result<> check_readable(const std::string& flag, const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (file && file.peek() != std::ifstream::traits_type::eof()) return {};
  return refuse(flag + " " + path + " cannot be read: " + (errno ? std::strerror(errno) : "it is empty"));
}

// A key with a passphrase would ask for it on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

// RFC 7301: the first of the client's protocols that is ours, or the end of the handshake.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in,
                    unsigned in_bytes, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_bytes, ours, sizeof ours - 1, in, in_bytes) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return Time{0};
  return Time{static_cast<std::int64_t>(timegm(&parts)) * 1000};
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  std::string text;
  const unsigned char* bytes = ASN1_STRING_get0_data(address);
  for (int i = 0; i < ASN1_STRING_length(address); ++i) text += (i ? "." : "") + std::to_string(bytes[i]);
  return text;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type == GEN_DNS) {
      const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
      names.emplace_back(bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD && ASN1_STRING_length(name->d.iPAddress) == 4) {
      names.push_back(address_text(name->d.iPAddress));
    }
  }
  GENERAL_NAMES_free(list);
  return names;
}

TlsCertificate describe(X509* certificate) {
  TlsCertificate found;
  char subject[256] = "";
  X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof subject);
  found.subject = subject;
  found.names = names_of(certificate);
  found.not_before = time_of(X509_get0_notBefore(certificate));
  found.not_after = time_of(X509_get0_notAfter(certificate));
  return found;
}

// Idle connections give their record buffers back; resumption is by tickets, so that nothing is kept here.
void set_up(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
}

}  // namespace

Result<std::shared_ptr<const TlsContext::Identity>> TlsContext::read(const std::string& certificate_file,
                                                                     const std::string& key_file) {
  TRY(check_readable("--tls-cert", certificate_file));
  TRY(check_readable("--tls-key", key_file));
  ERR_clear_error();
  auto identity = std::make_shared<Identity>();
  identity->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = identity->context.get();
  if (!context) return refuse("TLS cannot be set up: " + openssl_reason());
  set_up(context);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return refuse("--tls-cert " + certificate_file + " holds no usable certificate in PEM form: " + openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    auto code = ERR_peek_last_error();
    bool other = ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH || ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH;
    if (other) {
      ERR_clear_error();
      return refuse("--tls-key " + key_file + " does not belong to the certificate in " + certificate_file);
    }
    return refuse("--tls-key " + key_file +
                  " holds no usable key in PEM form (without a passphrase): " + openssl_reason());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return refuse("--tls-key " + key_file + " does not belong to the certificate in " + certificate_file);
  }
  identity->certificate = describe(SSL_CTX_get0_certificate(context));
  return std::shared_ptr<const Identity>(std::move(identity));
}

TlsContext::TlsContext(std::string certificate_file, std::string key_file, std::shared_ptr<const Identity> identity)
    : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)), identity_(std::move(identity)) {}

Result<std::unique_ptr<TlsContext>> TlsContext::open(std::string certificate_file, std::string key_file) {
  TRY_AS(identity, read(certificate_file, key_file));
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(certificate_file), std::move(key_file), identity));
}

Result<> TlsContext::reload() {
  TRY_AS(identity, read(certificate_file_, key_file_));
  identity_.store(identity);
  return {};
}

SslPtr TlsContext::make_session() const {
  auto identity = identity_.load();
  return SslPtr(SSL_new(identity->context.get()));
}

TlsCertificate TlsContext::certificate() const { return identity_.load()->certificate; }

}  // namespace aiim
