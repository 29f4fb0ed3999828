// Tokens are judged in the order size, form, header, signature, claims: nothing of a payload is read before its
// signature holds. The key, not the token, names the algorithm.
#include "core/jwt.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/codec.h"
#include "base/crypto.h"

namespace aiim {
namespace {

constexpr std::string_view algorithm_names[] = {"HS256", "RS256", "ES256", "EdDSA"};
constexpr std::size_t secret_bytes_min = 32;  // RFC 7518 section 3.2
constexpr int rsa_bits_min = 2048;            // section 3.3
constexpr int rsa_bits_max = 8192;            // above, one verification costs milliseconds
constexpr std::size_t key_text_bytes_max = 16'384;
constexpr std::size_t coordinate_bytes = 32;  // of P-256 and Ed25519
constexpr std::size_t name_bytes_max = 256;
constexpr std::size_t sid_bytes_max = 128;
constexpr double latest_seconds = 253'402'300'799;  // the end of the year 9999

std::string_view name_of(JwtAlgorithm algorithm) { return algorithm_names[static_cast<std::size_t>(algorithm)]; }

template <auto F>
struct Free {
  template <class T>
  void operator()(T* what) const {
    F(what);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Bignum = std::unique_ptr<BIGNUM, Free<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;

// OpenSSL's error queue belongs to the thread; what a key or a token left there must not surprise its TLS code.
struct ClearErrors {
  ~ClearErrors() { ERR_clear_error(); }
};

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Error bad_key(std::string_view why) { return Error(ErrorCode::invalid_request, std::string(why)); }
Error refused(std::string_view why) { return Error(ErrorCode::unauthenticated, "the token " + std::string(why)); }

bool made_of(std::string_view text, std::size_t bytes_max, std::string_view punctuation) {
  if (text.empty() || text.size() > bytes_max) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || punctuation.find(c) != punctuation.npos;
  });
}

struct Parts {
  std::string_view signing_input, header, payload, signature;
};

std::optional<Parts> split(std::string_view token) {
  auto first = token.find('.');
  if (first == token.npos) return std::nullopt;
  auto second = token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
  return Parts{token.substr(0, second), token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1)};
}

using Object = simdjson::dom::object;

bool has_repeated_key(const Object& object) {
  std::vector<std::string_view> keys;
  keys.reserve(16);
  for (auto field : object) keys.push_back(field.key);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

/// The object lives until this thread reads the next one.
std::optional<Object> read_object(std::string text) {
  thread_local JsonParser parser;
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  auto element = parser.parse_padded(text);
  Object object;
  if (!element || element->get_object().get(object) || has_repeated_key(object)) return std::nullopt;
  return object;
}

std::optional<Object> read_part(std::string_view encoded) {
  auto text = base64url_decode(encoded);
  if (!text) return std::nullopt;
  return read_object(std::move(*text));
}

enum class Present : std::uint8_t { no, yes, wrong };

Present string_at(const Object& object, std::string_view key, std::string_view& into) {
  Json value;
  if (object.at_key(key).get(value)) return Present::no;
  return value.get_string().get(into) ? Present::wrong : Present::yes;
}
std::optional<std::string_view> string_at(const Object& object, std::string_view key) {
  std::string_view text;
  return string_at(object, key, text) == Present::yes ? std::optional(text) : std::nullopt;
}

bool has(const Object& object, std::string_view key) { return object.at_key(key).error() == simdjson::SUCCESS; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool known_type(std::string_view type) {
  constexpr std::string_view prefix = "application/";
  if (type.size() > prefix.size() && equal_ignoring_case(type.substr(0, prefix.size()), prefix)) {
    type.remove_prefix(prefix.size());
  }
  return equal_ignoring_case(type, "JWT") || equal_ignoring_case(type, "at+jwt");
}

/// Empty when the header breaks a rule.
std::optional<JwtHeader> read_header(std::string_view encoded) {
  auto object = read_part(encoded);
  if (!object || has(*object, "crit")) return std::nullopt;
  auto alg = string_at(*object, "alg");
  if (!alg) return std::nullopt;
  std::string_view type, kid;
  auto typed = string_at(*object, "typ", type);
  if (typed == Present::wrong || (typed == Present::yes && !known_type(type))) return std::nullopt;
  if (string_at(*object, "kid", kid) == Present::wrong) return std::nullopt;
  return JwtHeader{std::string(*alg), std::string(kid)};
}

/// RFC 7519's NumericDate: seconds, fractions allowed; held to milliseconds and the years that RFC 3339 can write.
std::optional<Time> read_date(Json from) {
  double seconds;
  if (!from.is_number() || from.get_double().get(seconds) || !std::isfinite(seconds)) return std::nullopt;
  std::int64_t whole;
  if (!from.get_int64().get(whole) && std::abs(static_cast<double>(whole)) <= latest_seconds) {
    return Time{whole * 1000};
  }
  return Time{static_cast<std::int64_t>(std::floor(std::clamp(seconds, 0.0, latest_seconds) * 1000))};
}

Present read_date(const Object& object, std::string_view key, std::optional<Time>& into) {
  Json value;
  if (object.at_key(key).get(value)) return Present::no;
  into = read_date(value);
  return into ? Present::yes : Present::wrong;
}

Present read_string(const Object& object, std::string_view key, std::optional<std::string>& into) {
  std::string_view text;
  Present present = string_at(object, key, text);
  if (present == Present::yes) into = text;
  return present;
}

Present read_audience(const Object& object, std::vector<std::string>& into) {
  Json value;
  if (object.at_key("aud").get(value)) return Present::no;
  std::string_view text;
  if (!value.get_string().get(text)) {
    into.emplace_back(text);
    return Present::yes;
  }
  simdjson::dom::array list;
  if (value.get_array().get(list)) return Present::wrong;
  for (Json each : list) {
    if (each.get_string().get(text)) return Present::wrong;
    into.emplace_back(text);
  }
  return Present::yes;
}

// A name is for display: a long one is cut and an unusable one dropped, for it should lock nobody out.
void read_name(const Object& object, std::optional<std::string>& into) {
  auto text = string_at(object, "name").value_or("");
  if (text.size() > name_bytes_max) {
    std::size_t end = name_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  bool usable = !text.empty() && text.find('\0') == text.npos && simdjson::validate_utf8(text.data(), text.size());
  if (usable) into = text;
}

Result<Claims> read_claims(const Object& object, const JwtRules& rules, Time now) {
  Claims claims;
  std::optional<Time> exp, not_before;
  std::optional<std::string> sub;
  if (read_string(object, "sub", sub) != Present::yes || !valid_user_id(*sub)) {
    return refused("has no \"sub\" that is a user id");
  }
  if (read_date(object, "exp", exp) != Present::yes) return refused("has no \"exp\" that is a number");
  if (now >= *exp) return refused("has expired");
  if (read_date(object, "nbf", not_before) == Present::wrong) return refused("has an \"nbf\" that is not a number");
  if (not_before && *not_before > now + rules.not_before_leeway_ms) return refused("is not valid yet");
  if (read_date(object, "iat", claims.iat) == Present::wrong) return refused("has an \"iat\" that is not a number");
  if (read_string(object, "tenant_id", claims.tenant_id) == Present::wrong ||
      (claims.tenant_id && !valid_tenant_id(*claims.tenant_id))) {
    return refused("has a \"tenant_id\" that is not a tenant id");
  }
  if (read_string(object, "sid", claims.sid) == Present::wrong ||
      (claims.sid && !made_of(*claims.sid, sid_bytes_max, "._-"))) {
    return refused("has a \"sid\" that is not a session id");
  }
  if (read_string(object, "iss", claims.iss) == Present::wrong) return refused("has an \"iss\" that is not a string");
  if (rules.issuer && claims.iss != rules.issuer) return refused("comes from another issuer");
  if (read_audience(object, claims.aud) == Present::wrong) {
    return refused("has an \"aud\" that is neither a string nor an array of strings");
  }
  if (rules.audience && std::find(claims.aud.begin(), claims.aud.end(), *rules.audience) == claims.aud.end()) {
    return refused("is for another audience");
  }
  read_name(object, claims.name);
  claims.sub = std::move(*sub);
  claims.exp = *exp;
  return claims;
}

// RFC 7518 section 3.4: r and s as 32 bytes each; OpenSSL wants them in DER.
std::string es256_der(std::string_view raw) {
  Signature signature(ECDSA_SIG_new());
  Bignum r(BN_bin2bn(bytes(raw), coordinate_bytes, nullptr));
  Bignum s(BN_bin2bn(bytes(raw) + coordinate_bytes, coordinate_bytes, nullptr));
  if (!signature || !r || !s || !ECDSA_SIG_set0(signature.get(), r.get(), s.get())) return {};
  (void)r.release();  // owned by the signature now
  (void)s.release();
  unsigned char der[80];
  unsigned char* end = der;
  if (i2d_ECDSA_SIG(signature.get(), nullptr) > static_cast<int>(sizeof der)) return {};
  int length = i2d_ECDSA_SIG(signature.get(), &end);
  return length > 0 ? std::string(reinterpret_cast<char*>(der), static_cast<std::size_t>(length)) : std::string();
}

Result<> check_key(JwtAlgorithm algorithm, EVP_PKEY* key) {
  switch (algorithm) {
    case JwtAlgorithm::RS256: {
      if (!EVP_PKEY_is_a(key, "RSA")) return bad_key("RS256 needs an RSA key");
      int bits = EVP_PKEY_get_bits(key);
      if (bits < rsa_bits_min || bits > rsa_bits_max) return bad_key("an RSA key must have 2048 to 8192 bits");
      break;
    }
    case JwtAlgorithm::ES256: {
      char group[32] = {};
      if (!EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) ||
          std::string_view(group) != SN_X9_62_prime256v1) {
        return bad_key("ES256 needs a key on P-256");
      }
      break;
    }
    case JwtAlgorithm::EdDSA:
      if (!EVP_PKEY_is_a(key, "ED25519")) return bad_key("EdDSA needs an Ed25519 key");
      return {};  // 32 bytes, nothing more to check
    case JwtAlgorithm::HS256: return bad_key("HS256 needs a shared secret, not a public key");
  }
  PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!context || EVP_PKEY_public_check(context.get()) != 1) return bad_key("the key's numbers make no public key");
  return {};
}

Pkey from_params(const char* type, OSSL_PARAM_BLD* builder) {
  Params params(OSSL_PARAM_BLD_to_param(builder));
  PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return Pkey(key);
}

std::optional<std::string> decoded_at(const Object& object, std::string_view key) {
  auto text = string_at(object, key);
  return text ? base64url_decode(*text) : std::nullopt;
}

Pkey rsa_key(const Object& object) {
  auto n = decoded_at(object, "n"), e = decoded_at(object, "e");
  if (!n || !e || n->empty() || e->empty() || n->size() > rsa_bits_max / 8 + 1 || e->size() > 8) return nullptr;
  ParamBuilder builder(OSSL_PARAM_BLD_new());
  Bignum modulus(BN_bin2bn(bytes(*n), static_cast<int>(n->size()), nullptr));
  Bignum exponent(BN_bin2bn(bytes(*e), static_cast<int>(e->size()), nullptr));
  if (!builder || !modulus || !exponent ||
      !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) ||
      !OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get())) {
    return nullptr;
  }
  return from_params("RSA", builder.get());
}

Pkey p256_key(const Object& object) {
  auto x = decoded_at(object, "x"), y = decoded_at(object, "y");
  if (!x || !y || x->size() != coordinate_bytes || y->size() != coordinate_bytes) return nullptr;
  std::string point = '\x04' + *x + *y;
  ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder || !OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1, 0) ||
      !OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size())) {
    return nullptr;
  }
  return from_params("EC", builder.get());
}

Pkey ed25519_key(const Object& object) {
  auto x = decoded_at(object, "x");
  if (!x || x->size() != coordinate_bytes) return nullptr;
  return Pkey(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes(*x), x->size()));
}

bool verifies(const Object& object) {
  if (has(object, "use") && string_at(object, "use") != "sig") return false;
  Json operations;
  if (object.at_key("key_ops").get(operations)) return true;
  simdjson::dom::array list;
  if (operations.get_array().get(list)) return false;
  return std::any_of(list.begin(), list.end(), [](Json each) {
    std::string_view text;
    return !each.get_string().get(text) && text == "verify";
  });
}

std::optional<JwtAlgorithm> algorithm_of(const Object& object) {
  auto type = string_at(object, "kty"), curve = string_at(object, "crv");
  if (type == "RSA") return JwtAlgorithm::RS256;
  if (type == "EC" && curve == "P-256") return JwtAlgorithm::ES256;
  if (type == "OKP" && curve == "Ed25519") return JwtAlgorithm::EdDSA;
  return std::nullopt;
}

void append_date(std::string& out, std::string_view key, Time time) {
  out.append(",\"").append(key).append("\":").append(std::to_string(time.ms / 1000));
  if (time.ms % 1000 == 0) return;
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>(std::abs(time.ms % 1000)));
  out += fraction;
}

void append_string(std::string& out, std::string_view key, const std::optional<std::string>& text) {
  if (!text) return;
  out.append(",\"").append(key).append("\":");
  append_json_string(out, *text);
}

}  // namespace

struct JwtKey::Impl {
  JwtAlgorithm algorithm;
  std::string kid;
  std::optional<HmacSha256> secret;  // HS256
  Pkey public_key;                   // the others

  bool verify_public(std::string_view signing_input, std::string_view signature) const {
    ClearErrors clear;
    std::string der;
    if (algorithm == JwtAlgorithm::ES256) {
      if (signature.size() != 2 * coordinate_bytes) return false;
      der = es256_der(signature);
      signature = der;
    }
    const char* digest = algorithm == JwtAlgorithm::EdDSA ? nullptr : "SHA2-256";
    MdContext context(EVP_MD_CTX_new());
    return context &&
           EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr, public_key.get(), nullptr) == 1 &&
           EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(signing_input),
                            signing_input.size()) == 1;
  }
};

Result<JwtKey> JwtKey::hs256(std::string secret) {
  if (secret.size() < secret_bytes_min) return bad_key("a shared secret must have at least 32 bytes");
  JwtKey key;
  key.impl_ = std::make_shared<Impl>(Impl{JwtAlgorithm::HS256, {}, HmacSha256(secret), nullptr});
  return key;
}

Result<JwtKey> JwtKey::from_pem(JwtAlgorithm algorithm, std::string_view pem) {
  ClearErrors clear;
  if (pem.size() > key_text_bytes_max) return bad_key("the PEM text is too long");
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Pkey public_key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!public_key) return bad_key("the PEM text holds no public key (\"BEGIN PUBLIC KEY\")");
  TRY(check_key(algorithm, public_key.get()));
  JwtKey key;
  key.impl_ = std::make_shared<Impl>(Impl{algorithm, {}, std::nullopt, std::move(public_key)});
  return key;
}

Result<JwtKey> JwtKey::from_jwk(std::string_view json) {
  ClearErrors clear;
  if (json.size() > key_text_bytes_max) return bad_key("the JWK is too long");
  auto object = read_object(std::string(json));
  if (!object) return bad_key("the JWK is not a JSON object without repeated keys");
  auto algorithm = algorithm_of(*object);
  if (!algorithm) return bad_key("the JWK is no public key for RS256, ES256 or EdDSA with Ed25519");
  if (has(*object, "d")) return bad_key("the JWK holds a private key");
  if (has(*object, "alg") && string_at(*object, "alg") != name_of(*algorithm)) {
    return bad_key("the JWK is for another algorithm");
  }
  if (!verifies(*object)) return bad_key("the JWK is not for signatures");
  auto kid = string_at(*object, "kid");
  if (has(*object, "kid") && !kid) return bad_key("the JWK's \"kid\" is not a string");
  Pkey public_key = *algorithm == JwtAlgorithm::RS256   ? rsa_key(*object)
                    : *algorithm == JwtAlgorithm::ES256 ? p256_key(*object)
                                                        : ed25519_key(*object);
  if (!public_key) return bad_key("the JWK's numbers make no public key");
  TRY(check_key(*algorithm, public_key.get()));
  JwtKey key;
  key.impl_ =
      std::make_shared<Impl>(Impl{*algorithm, std::string(kid.value_or("")), std::nullopt, std::move(public_key)});
  return key;
}

std::optional<JwtAlgorithm> jwt_algorithm(std::string_view name) {
  auto found = std::find(std::begin(algorithm_names), std::end(algorithm_names), name);
  if (found == std::end(algorithm_names)) return std::nullopt;
  return static_cast<JwtAlgorithm>(found - std::begin(algorithm_names));
}

JwtAlgorithm JwtKey::algorithm() const { return impl_->algorithm; }
const std::string& JwtKey::kid() const { return impl_->kid; }

bool JwtKey::verify(std::string_view signing_input, std::string_view signature) const {
  if (impl_->secret) return equal_constant_time(bytes_of(impl_->secret->sign(signing_input)), signature);
  return impl_->verify_public(signing_input, signature);
}

std::optional<JwtHeader> jwt_header(std::string_view token) {
  if (token.size() > JwtRules().token_bytes_max) return std::nullopt;
  auto parts = split(token);
  return parts ? read_header(parts->header) : std::nullopt;
}

Result<Claims> verify_jwt(std::string_view token, const JwtKey& key, const JwtRules& rules, Time now) {
  if (token.size() > rules.token_bytes_max) return refused("is too long");
  auto parts = split(token);
  if (!parts) return refused("is malformed");
  auto header = read_header(parts->header);
  if (!header) return refused("has a malformed or unsupported header");
  if (header->alg != name_of(key.algorithm())) return refused("is signed with another algorithm");
  auto signature = base64url_decode(parts->signature);
  if (!signature) return refused("is malformed");
  if (!key.verify(parts->signing_input, *signature)) return refused("has a wrong signature");
  auto claims = read_part(parts->payload);
  if (!claims) return refused("has malformed claims");
  return read_claims(*claims, rules, now);
}

std::string sign_jwt(const Claims& claims, std::string_view secret) {
  std::string payload = "{\"sub\":";
  append_json_string(payload, claims.sub);
  append_string(payload, "tenant_id", claims.tenant_id);
  append_string(payload, "name", claims.name);
  append_string(payload, "sid", claims.sid);
  append_string(payload, "iss", claims.iss);
  if (claims.aud.size() == 1) append_string(payload, "aud", claims.aud.front());
  if (claims.aud.size() > 1) {
    payload += ",\"aud\":";
    encode_to(payload, claims.aud);
  }
  if (claims.iat) append_date(payload, "iat", *claims.iat);
  append_date(payload, "exp", claims.exp);
  payload += '}';
  std::string token = base64url(R"({"alg":"HS256","typ":"JWT"})");
  token.append(".").append(base64url(payload));
  std::string signature = base64url(bytes_of(hmac_sha256(secret, token)));
  return token.append(".").append(signature);
}

bool valid_user_id(std::string_view text) { return made_of(text, 64, "._:@|+-"); }
bool valid_tenant_id(std::string_view text) { return made_of(text, 64, "._-"); }

}  // namespace aiim
