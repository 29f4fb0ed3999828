// JWK sets (RFC 7517 section 5): the public keys that an issuer of tokens publishes.
#pragma once
#include <string_view>
#include <vector>

#include "core/jwt.h"

namespace aiim {

constexpr std::size_t jwk_set_bytes_max = 256 * 1024;
constexpr std::size_t jwk_set_keys_max = 64;

/// The keys that verify RS256, ES256 or EdDSA, in the set's order. Others (encryption, symmetric, other curves) are
/// left out, as the RFC asks; a set may be left with none. Too long a text, more than 64 keys, or what is no set: an
/// error.
Result<std::vector<JwtKey>> parse_jwk_set(std::string_view json);

}  // namespace aiim
