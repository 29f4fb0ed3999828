// Thin wrappers over OpenSSL's EVP. Digests are fetched once: a fetch per call costs more than a short digest does.
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/check.h"

namespace aiim {
namespace {

const EVP_MD* digest(const char* name) {
  EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  AIIM_CHECK(md != nullptr);
  return md;  // lives as long as the process
}
const EVP_MD* md_sha256() {
  static const EVP_MD* md = digest("SHA2-256");
  return md;
}
const EVP_MD* md_sha1() {
  static const EVP_MD* md = digest("SHA1");
  return md;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context make_context() {
  Context context(EVP_MD_CTX_new());
  AIIM_CHECK(context != nullptr);
  return context;
}

EVP_MD_CTX* scratch() {
  thread_local Context context = make_context();
  return context.get();
}

template <std::size_t N>
std::array<std::uint8_t, N> finish(EVP_MD_CTX* context) {
  std::array<std::uint8_t, N> out;
  unsigned int length = N;
  AIIM_CHECK(EVP_DigestFinal_ex(context, out.data(), &length) == 1 && length == N);
  return out;
}

template <std::size_t N>
std::array<std::uint8_t, N> hash(const EVP_MD* md, std::string_view data) {
  AIIM_CHECK(EVP_DigestInit_ex2(scratch(), md, nullptr) == 1);
  AIIM_CHECK(EVP_DigestUpdate(scratch(), data.data(), data.size()) == 1);
  return finish<N>(scratch());
}

// RFC 2104: the key, hashed when longer than a block, under one of the two paddings.
constexpr std::size_t block_bytes = 64;  // of SHA-1 and SHA-256

template <std::size_t N>
void begin_padded(EVP_MD_CTX* context, const EVP_MD* md, std::string_view key, unsigned char padding) {
  std::array<std::uint8_t, N> short_key;
  if (key.size() > block_bytes) {
    short_key = hash<N>(md, key);
    key = bytes_of(short_key);
  }
  unsigned char block[block_bytes] = {};
  key.copy(reinterpret_cast<char*>(block), key.size());
  for (auto& byte : block) byte ^= padding;
  AIIM_CHECK(EVP_DigestInit_ex2(context, md, nullptr) == 1);
  AIIM_CHECK(EVP_DigestUpdate(context, block, sizeof block) == 1);
  OPENSSL_cleanse(block, sizeof block);
}

template <std::size_t N>
std::array<std::uint8_t, N> hmac(const EVP_MD* md, std::string_view key, std::string_view data) {
  begin_padded<N>(scratch(), md, key, 0x36);
  AIIM_CHECK(EVP_DigestUpdate(scratch(), data.data(), data.size()) == 1);
  auto inner = finish<N>(scratch());
  begin_padded<N>(scratch(), md, key, 0x5c);
  AIIM_CHECK(EVP_DigestUpdate(scratch(), inner.data(), inner.size()) == 1);
  return finish<N>(scratch());
}

constexpr char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode64(std::string_view data, const char* alphabet, bool padded) {
  std::string out;
  out.reserve((data.size() + 2) / 3 * 4);
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(data[i])); };
  std::size_t i = 0;
  for (; i + 3 <= data.size(); i += 3) {
    std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    char four[] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63], alphabet[bits >> 6 & 63], alphabet[bits & 63]};
    out.append(four, 4);
  }
  std::size_t rest = data.size() - i;
  if (rest > 0) {
    std::uint32_t bits = byte(i) << 16 | (rest == 2 ? byte(i + 1) << 8 : 0);
    out += alphabet[bits >> 18];
    out += alphabet[bits >> 12 & 63];
    if (rest == 2) out += alphabet[bits >> 6 & 63];
    if (padded) out.append(3 - rest, '=');
  }
  return out;
}

constexpr std::array<std::int8_t, 256> url_safe_values = [] {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (int i = 0; i < 64; ++i) values[static_cast<unsigned char>(url_safe[i])] = static_cast<std::int8_t>(i);
  return values;
}();

}  // namespace

void random_bytes(void* out, std::size_t bytes) {
  AIIM_CHECK(RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(bytes)) == 1);
}

std::string random_token(std::size_t bytes) {
  std::string raw(bytes, '\0');
  random_bytes(raw.data(), raw.size());
  return base64url(raw);
}

Sha256 sha256(std::string_view data) { return hash<32>(md_sha256(), data); }
Sha1 sha1(std::string_view data) { return hash<20>(md_sha1(), data); }
Sha256 hmac_sha256(std::string_view key, std::string_view data) { return hmac<32>(md_sha256(), key, data); }
Sha1 hmac_sha1(std::string_view key, std::string_view data) { return hmac<20>(md_sha1(), key, data); }

struct HmacSha256::Pads {
  Context inner = make_context();
  Context outer = make_context();
};

HmacSha256::HmacSha256(std::string_view key) {
  auto pads = std::make_shared<Pads>();
  begin_padded<32>(pads->inner.get(), md_sha256(), key, 0x36);
  begin_padded<32>(pads->outer.get(), md_sha256(), key, 0x5c);
  pads_ = std::move(pads);
}

Sha256 HmacSha256::sign(std::string_view data) const {
  AIIM_CHECK(EVP_MD_CTX_copy_ex(scratch(), pads_->inner.get()) == 1);
  AIIM_CHECK(EVP_DigestUpdate(scratch(), data.data(), data.size()) == 1);
  auto inner = finish<32>(scratch());
  AIIM_CHECK(EVP_MD_CTX_copy_ex(scratch(), pads_->outer.get()) == 1);
  AIIM_CHECK(EVP_DigestUpdate(scratch(), inner.data(), inner.size()) == 1);
  return finish<32>(scratch());
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64(std::string_view data) { return encode64(data, standard, true); }
std::string base64url(std::string_view data) { return encode64(data, url_safe, false); }

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out(text.size() * 3 / 4, '\0');
  auto value = [&](std::size_t i) { return std::int32_t{url_safe_values[static_cast<unsigned char>(text[i])]}; };
  char* to = out.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4) {
    std::int32_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    if ((a | b | c | d) < 0) return std::nullopt;
    auto bits = static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d);
    *to++ = static_cast<char>(bits >> 16);
    *to++ = static_cast<char>(bits >> 8 & 0xFF);
    *to++ = static_cast<char>(bits & 0xFF);
  }
  std::size_t rest = text.size() - i;
  if (rest == 0) return out;
  std::int32_t a = value(i), b = value(i + 1), c = rest == 3 ? value(i + 2) : 0;
  if ((a | b | c) < 0) return std::nullopt;
  auto bits = static_cast<std::uint32_t>(a << 12 | b << 6 | c);
  *to++ = static_cast<char>(bits >> 10);
  if (rest == 3) *to++ = static_cast<char>(bits >> 2 & 0xFF);
  // Bits that no byte takes must be zero, or one value would have several texts.
  if (bits & (rest == 3 ? 0x3U : 0x3FFU)) return std::nullopt;
  return out;
}

std::string hex(std::string_view data) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(data.size() * 2);
  for (char c : data) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

}  // namespace aiim
