// What a client's bytes do to the server's side of TLS. The first byte seeds the cuts; its lowest bit chooses: either
// the rest is what an unknown client sends instead of a ClientHello, or it is a script that a client of OpenSSL's plays
// after its handshake, with records cut, damaged, doubled and left out on their way.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuzz.h"
#include "net/tls_channel.h"

namespace aiim {
namespace {

using Outcome = TlsChannel::Outcome;

std::string make_files() {
  char folder[] = "/tmp/aiim-fuzz-tls-XXXXXX";
  REQUIRE(mkdtemp(folder));
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  REQUIRE(key && certificate);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
  std::string at = folder;
  BIO* certificate_file = BIO_new_file((at + "/cert").c_str(), "w");
  BIO* key_file = BIO_new_file((at + "/key").c_str(), "w");
  REQUIRE(certificate_file && key_file);
  REQUIRE(PEM_write_bio_X509(certificate_file, certificate) == 1);
  REQUIRE(PEM_write_bio_PrivateKey(key_file, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  BIO_free(certificate_file);
  BIO_free(key_file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return at;
}

const TlsContext& context() {
  static const auto made = [] {
    auto at = make_files();
    auto opened = TlsContext::open(at + "/cert", at + "/key");
    REQUIRE(opened);
    for (const char* name : {"/cert", "/key"}) unlink((at + name).c_str());
    rmdir(at.c_str());
    return std::move(*opened);
  }();
  return *made;
}

/// The lengths of the pieces in which bytes arrive.
class Cuts {
 public:
  explicit Cuts(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  std::string_view take(std::string_view& bytes) {
    auto piece = bytes.substr(0, 1 + turn_ * turn_ * 31 % bytes_max_);
    ++turn_;
    bytes.remove_prefix(piece.size());
    return piece;
  }

 private:
  const std::size_t bytes_max_;
  std::size_t turn_ = 0;
};

struct Answer {
  Outcome outcome;
  std::string failure;
  bool operator==(const Answer&) const = default;
};

// Bytes of their own on the heap, so that one read too far is found.
Outcome handshake(TlsChannel& channel, std::string_view piece) {
  std::vector<char> bytes(piece.begin(), piece.end());
  return channel.handshake({bytes.data(), bytes.size()});
}

Answer shake_hands(std::string_view input, Cuts* cuts) {
  TlsChannel channel(context().make_session());
  while (!input.empty()) {
    auto outcome = handshake(channel, cuts ? cuts->take(input) : std::exchange(input, {}));
    REQUIRE(outcome != Outcome::done);  // nobody guesses a Finished
    REQUIRE(channel.output().size() < 64 * 1024);
    if (outcome != Outcome::closed) continue;
    REQUIRE(!channel.failure().empty());
    channel.finish_writing();
    channel.sent(channel.output().size());
    REQUIRE(channel.output().empty());
    return {outcome, std::string(channel.failure())};
  }
  REQUIRE(channel.failure().empty());
  return {Outcome::need_more, ""};
}

struct Client {
  SslPtr ssl;
  BIO* from_server;
  BIO* to_server;

  explicit Client(int version) {
    static SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
    ssl.reset(SSL_new(made));
    from_server = BIO_new(BIO_s_mem());
    to_server = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(from_server, -1);
    REQUIRE(ssl && from_server && to_server);
    SSL_set_bio(ssl.get(), from_server, to_server);
    SSL_set_min_proto_version(ssl.get(), version);
    SSL_set_max_proto_version(ssl.get(), version);
    SSL_set_connect_state(ssl.get());
  }

  /// What it has to say; appended to `wire`.
  void say(std::string& wire) {
    char* bytes = nullptr;
    long count = BIO_get_mem_data(to_server, &bytes);
    if (count > 0) wire.append(bytes, static_cast<std::size_t>(count));
    BIO_reset(to_server);
  }

  void hear(std::string_view bytes) {
    if (!bytes.empty()) REQUIRE(BIO_write(from_server, bytes.data(), static_cast<int>(bytes.size())) > 0);
  }
};

/// An established connection and what each side ought to see of the other.
class Play {
 public:
  explicit Play(unsigned char seed)
      : cuts_(64 + seed * 32u), client_(seed & 2 ? TLS1_2_VERSION : TLS1_3_VERSION), server_(context().make_session()) {
    for (auto outcome = Outcome::need_more; outcome != Outcome::done || !SSL_is_init_finished(client_.ssl.get());) {
      SSL_do_handshake(client_.ssl.get());
      client_.say(wire_);
      std::string_view flight = wire_;
      while (!flight.empty() && outcome != Outcome::done) {
        outcome = handshake(server_, cuts_.take(flight));
        REQUIRE(outcome != Outcome::closed);
      }
      wire_.erase(0, wire_.size() - flight.size());
      carry_back();
    }
  }

  void client_writes(std::size_t bytes) {
    std::string text = pattern(written_, bytes);
    std::size_t put = 0;
    if (ended_ || SSL_write_ex(client_.ssl.get(), text.data(), text.size(), &put) != 1) return;
    REQUIRE(put == bytes);
    written_ += put;
    client_.say(wire_);
  }

  void client_ends() {
    if (!ended_) SSL_shutdown(client_.ssl.get());
    ended_ = true;
    client_.say(wire_);
  }

  void damage(std::size_t at, unsigned char with) {
    if (wire_.empty() || with == 0) return;
    wire_[at % wire_.size()] = static_cast<char>(wire_[at % wire_.size()] ^ with);
    honest_ = false;
  }

  void leave_out(std::size_t bytes) {
    if (wire_.empty() || bytes == 0) return;
    wire_.erase(0, bytes);
    honest_ = false;
  }

  void put_in(std::string_view bytes) {
    if (bytes.empty()) return;
    wire_.insert(0, bytes);
    honest_ = false;
  }

  void repeat(std::size_t bytes) { put_in(wire_.substr(0, bytes)); }

  void client_renews_keys() {
    if (ended_ || SSL_version(client_.ssl.get()) != TLS1_3_VERSION) return;
    if (SSL_key_update(client_.ssl.get(), SSL_KEY_UPDATE_REQUESTED) == 1) SSL_do_handshake(client_.ssl.get());
    client_.say(wire_);
  }

  void server_writes(std::size_t bytes) {
    if (closed_) return;
    bool written = server_.write(pattern(answered_, bytes));
    REQUIRE(written || !honest_);  // the damage may have been met behind plaintext that read() delivered first
    if (written) answered_ += bytes;
  }

  /// The server reads one piece; with `room` for all of it nothing may wait inside.
  void deliver(std::size_t room) {
    std::string_view rest = wire_;
    auto piece = cuts_.take(rest);
    read(piece, room ? room : piece.size() + TlsChannel::record_bytes);
    wire_.erase(0, wire_.size() - rest.size());
  }

  void carry_back() {
    while (!server_.output().empty()) {
      auto piece = server_.output().substr(0, 5000);
      client_.hear(piece);
      server_.sent(piece.size());
    }
    char text[4096];
    std::size_t got = 0;
    while (SSL_is_init_finished(client_.ssl.get()) && SSL_read_ex(client_.ssl.get(), text, sizeof text, &got) == 1) {
      REQUIRE(std::string_view(text, got) == pattern(heard_, got));
      heard_ += got;
    }
    client_.say(wire_);
  }

  void finish() {
    while (!wire_.empty() && !closed_) deliver(0);
    for (std::size_t before = read_ + 1; before != read_ && !closed_;) {
      before = read_;
      read({}, 32 * 1024);
    }
    carry_back();
    REQUIRE(read_ <= written_);
    if (!honest_) return;
    REQUIRE(read_ == written_);
    REQUIRE(closed_ == ended_);
    if (!ended_) REQUIRE(heard_ == answered_);
  }

 private:
  static std::string pattern(std::size_t from, std::size_t bytes) {
    std::string text(bytes, '\0');
    for (auto& letter : text) letter = static_cast<char>('a' + from++ % 23);
    return text;
  }

  void read(std::string_view piece, std::size_t room) {
    if (closed_) return;
    std::vector<char> ciphertext(piece.begin(), piece.end());
    auto out = std::make_unique_for_overwrite<char[]>(room);
    auto moved = server_.read({ciphertext.data(), ciphertext.size()}, out.get(), room);
    if (moved.outcome == Outcome::closed) {
      REQUIRE(!server_.failure().empty());
      closed_ = true;
    }
    REQUIRE(moved.bytes <= room);
    REQUIRE(moved.outcome == Outcome::done || moved.bytes == 0);
    REQUIRE(std::string_view(out.get(), moved.bytes) == pattern(read_, moved.bytes));
    read_ += moved.bytes;
  }

  Cuts cuts_;
  Client client_;
  TlsChannel server_;
  std::string wire_;  // from the client, not yet delivered
  std::size_t written_ = 0, read_ = 0, answered_ = 0, heard_ = 0;
  bool honest_ = true, ended_ = false, closed_ = false;
};

void play(unsigned char seed, std::string_view script) {
  Play play(seed);
  while (script.size() >= 3) {
    auto number = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(script[at])); };
    auto step = number(0) % 11;
    std::size_t count = number(1) | number(2) << 8;
    auto some = number(2);
    script.remove_prefix(3);
    switch (step) {
      case 0: play.client_writes(1 + count % 40000); break;
      case 1: play.client_ends(); break;
      case 2: play.damage(count, static_cast<unsigned char>(count >> 8)); break;
      case 3: play.leave_out(count % 2000); break;
      case 4: play.put_in(script.substr(0, some)); break;
      case 5: play.repeat(count % 2000); break;
      case 6: play.client_renews_keys(); break;
      case 7: play.server_writes(count); break;
      case 8: play.deliver(1 + count % 3000); break;
      case 9: play.deliver(0); break;
      default: play.carry_back(); break;
    }
  }
  play.finish();
}

void run(std::string_view input) {
  if (input.empty() || input.size() > 8192) return;
  auto seed = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  if (seed & 1) return play(seed, input);
  Cuts cuts(seed + 1u);
  REQUIRE(shake_hands(input, nullptr) == shake_hands(input, &cuts));
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
