// First byte: 0 a whole token; 1 a header and claims (a line each) under a good signature, so that the claims are
// reached; 2 a JWK, 3 a PEM text, under which the same token is then judged.
#include <string>

#include "base/crypto.h"
#include "core/jwk_set.h"
#include "core/jwt.h"
#include "fuzz.h"

namespace aiim {
namespace {

const std::string secret = "0123456789abcdef0123456789abcdef";
constexpr Time now{1'795'412'435'120};

void judge(std::string_view token, const JwtKey& key, const JwtRules& rules) {
  auto header = jwt_header(token);
  auto claims = verify_jwt(token, key, rules, now);
  if (!claims) {
    REQUIRE(claims.error().code == ErrorCode::unauthenticated);
    return;
  }
  REQUIRE(header.has_value());
  REQUIRE(key.algorithm() == JwtAlgorithm::HS256 && header->alg == "HS256");
  REQUIRE(valid_user_id(claims->sub));
  REQUIRE(!claims->tenant_id || valid_tenant_id(*claims->tenant_id));
  REQUIRE(claims->exp > now);
  auto again = verify_jwt(sign_jwt(*claims, secret), key, rules, now);
  bool too_long = !again && again.error().detail == "the token is too long";
  REQUIRE(too_long || (again && again->sub == claims->sub && again->exp == claims->exp && again->aud == claims->aud &&
                       again->iss == claims->iss && again->iat == claims->iat && again->name == claims->name));
}

void run(std::string_view input) {
  static const JwtKey key = *JwtKey::hs256(secret);
  if (input.empty()) return;
  char mode = input[0];
  input.remove_prefix(1);
  JwtRules configured;
  configured.issuer = "https://issuer.example";
  configured.audience = "aiim";
  switch (mode & 3) {
    case 0: judge(input, key, {}); return;
    case 1: {
      auto header = take_until(input, '\n');
      std::string token = base64url(header) + "." + base64url(input);
      token += "." + base64url(bytes_of(hmac_sha256(secret, token)));
      judge(token, key, {});
      judge(token, key, configured);
      return;
    }
    case 2: {
      if (auto keys = parse_jwk_set(input)) REQUIRE(keys->size() <= jwk_set_keys_max);
      auto public_key = JwtKey::from_jwk(input);
      if (public_key) judge("eyJhbGciOiJSUzI1NiJ9.e30.AAAA", *public_key, {});
      return;
    }
    default: {
      for (auto algorithm : {JwtAlgorithm::RS256, JwtAlgorithm::ES256, JwtAlgorithm::EdDSA}) {
        auto public_key = JwtKey::from_pem(algorithm, input);
        if (public_key) judge("eyJhbGciOiJSUzI1NiJ9.e30.AAAA", *public_key, {});
      }
    }
  }
}

}  // namespace
}  // namespace aiim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  aiim::run(aiim::text_of(data, size));
  return 0;
}
