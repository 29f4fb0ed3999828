// JSON Web Tokens (RFC 7519, 7515; RFC 8725's advice). The algorithm is fixed by the key, never by the token.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace aiim {

struct Claims {
  std::string sub;
  std::optional<std::string> tenant_id;
  std::optional<std::string> name;  // display name of a user seen for the first time
  std::optional<std::string> sid;   // the local login that issued it: revocable
  std::optional<std::string> iss;
  std::vector<std::string> aud;
  std::optional<Time> iat;
  Time exp;
};

enum class JwtAlgorithm : std::uint8_t { HS256, RS256, ES256, EdDSA };
std::optional<JwtAlgorithm> jwt_algorithm(std::string_view name);

/// A verification key. HS256: the shared secret; the others: a public key (PEM or JWK).
class JwtKey {
 public:
  static Result<JwtKey> hs256(std::string secret);
  static Result<JwtKey> from_pem(JwtAlgorithm algorithm, std::string_view pem);
  /// One member of a JWK set (RFC 7517, 7518, 8037); `kid` is kept. Keys that are not for signatures are refused.
  static Result<JwtKey> from_jwk(std::string_view json);

  JwtAlgorithm algorithm() const;
  const std::string& kid() const;
  bool verify(std::string_view signing_input, std::string_view signature) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;  // shared: keys are immutable and copied into every worker's key set
};

struct JwtRules {
  std::optional<std::string> issuer;  // checked where set
  std::optional<std::string> audience;
  std::int64_t not_before_leeway_ms = 5000;
  std::size_t token_bytes_max = 8192;
};

/// The header's `alg` and `kid` without verification, to choose a key by. Empty when the token is malformed.
struct JwtHeader {
  std::string alg;
  std::string kid;
};
std::optional<JwtHeader> jwt_header(std::string_view token);

/// Verifies signature, `exp` (no leeway), `nbf`, `iss`, `aud`; `sub` must be a user id, `tenant_id` a tenant id.
/// Every failure is `unauthenticated` with a detail that helps the token's owner and holds no part of the token.
Result<Claims> verify_jwt(std::string_view token, const JwtKey& key, const JwtRules& rules, Time now);

/// A signed HS256 token.
std::string sign_jwt(const Claims& claims, std::string_view secret);

/// [A-Za-z0-9._:@|+-]{1,64} and [A-Za-z0-9._-]{1,64}.
bool valid_user_id(std::string_view text);
bool valid_tenant_id(std::string_view text);

}  // namespace aiim
