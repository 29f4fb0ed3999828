#include "net/tls_channel.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace aiim {
namespace {

// One buffer per thread goes round between the channels that have something to send: none of them allocates for it.
std::string& spare_output() {
  thread_local std::string spare;
  return spare;
}
constexpr std::size_t spare_bytes_max = 256 * 1024;

}  // namespace

// OpenSSL's memory BIO keeps its buffer for ever; this one has none of its own.
struct TlsChannel::Bio {
  static int read(BIO* bio, char* out, std::size_t bytes_max, std::size_t* got) {
    auto& channel = *static_cast<TlsChannel*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    *got = std::min(bytes_max, channel.input_.size());
    if (*got == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(out, channel.input_.data(), *got);
    channel.input_.remove_prefix(*got);
    return 1;
  }

  static int write(BIO* bio, const char* bytes, std::size_t count, std::size_t* put) {
    auto& channel = *static_cast<TlsChannel*>(BIO_get_data(bio));
    if (channel.output_.capacity() < 64) channel.output_.swap(spare_output());
    channel.output_.append(bytes, count);
    *put = count;
    return 1;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* each = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "aiim");
      AIIM_CHECK(each);
      BIO_meth_set_read_ex(each, read);
      BIO_meth_set_write_ex(each, write);
      BIO_meth_set_ctrl(each, control);
      return each;
    }();
    return made;
  }
};

// Shows OpenSSL the new ciphertext behind what was kept, and keeps what it left.
class TlsChannel::Feed {
 public:
  Feed(TlsChannel& channel, std::string_view ciphertext) : channel_(channel), from_kept_(!channel.kept_.empty()) {
    if (from_kept_) channel.kept_.append(ciphertext);
    channel.input_ = from_kept_ ? std::string_view(channel.kept_) : ciphertext;
    ERR_clear_error();
  }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  ~Feed() {
    if (channel_.input_.empty()) {
      if (from_kept_) std::string().swap(channel_.kept_);
    } else {
      channel_.kept_ = std::string(channel_.input_);
    }
    channel_.input_ = {};
  }

 private:
  TlsChannel& channel_;
  const bool from_kept_;
};

TlsChannel::TlsChannel(SslPtr ssl) : ssl_(std::move(ssl)) {
  BIO* bio = BIO_new(Bio::method());
  AIIM_CHECK(ssl_ && bio);  // out of memory
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

TlsChannel::~TlsChannel() = default;

TlsChannel::Outcome TlsChannel::outcome_of(int returned) {
  int error = SSL_get_error(ssl_.get(), returned);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Outcome::need_more;
  auto code = ERR_peek_last_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  failure_ = reason ? reason : "closed by the peer";
  ERR_clear_error();
  return Outcome::closed;
}

TlsChannel::Outcome TlsChannel::handshake(std::string_view ciphertext) {
  Feed feed(*this, ciphertext);
  int returned = SSL_do_handshake(ssl_.get());
  return returned == 1 ? Outcome::done : outcome_of(returned);
}

TlsChannel::Moved TlsChannel::read(std::string_view ciphertext, char* out, std::size_t bytes_max) {
  Feed feed(*this, ciphertext);
  std::size_t total = 0;
  while (total < bytes_max) {
    std::size_t got = 0;
    int returned = SSL_read_ex(ssl_.get(), out + total, bytes_max - total, &got);
    if (returned == 1) {
      total += got;
      continue;
    }
    auto outcome = outcome_of(returned);
    if (total == 0) return {outcome};
    break;  // what came before the end is delivered first; the end is found again
  }
  return {Outcome::done, total};
}

bool TlsChannel::write(std::string_view plaintext) {
  ERR_clear_error();
  while (!plaintext.empty()) {
    std::size_t put = 0;
    if (SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &put) != 1) return false;
    plaintext.remove_prefix(put);
  }
  return true;
}

void TlsChannel::finish_writing() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsChannel::sent(std::size_t bytes) {
  output_at_ += bytes;
  AIIM_CHECK(output_at_ <= output_.size());
  if (output_at_ < output_.size()) return;
  output_at_ = 0;
  output_.clear();
  auto& spare = spare_output();
  if (spare.capacity() < output_.capacity() && output_.capacity() <= spare_bytes_max) spare.swap(output_);
  std::string().swap(output_);
}

}  // namespace aiim
