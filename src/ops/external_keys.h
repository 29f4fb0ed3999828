// The public keys of the issuer whose tokens this server accepts beside its own: fetched from a JWKS URL, or from where
// the issuer's OpenID configuration points to. Shared by all workers; thread-safe.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/jwt.h"
#include "ops/app.h"
#include "outbound/http_client.h"

namespace aiim {

class ExternalKeys {
 public:
  struct Source {
    std::string jwks_url;      // empty: from the issuer's OpenID configuration
    std::string issuer;        // as its configuration must name it
    bool allow_plain = false;  // http:// to other hosts
  };
  /// `http` and `clock` must outlive it, and `http` must end before the workers that wait here.
  ExternalKeys(HttpClient& http, const Clock& clock, Source source);
  ~ExternalKeys();

  /// The keys of this algorithm and id (all of the algorithm when the token names none). When there are none, the set
  /// is fetched once more, once a minute at most, and the caller waits for it: `unauthenticated` if that brings none,
  /// `unavailable` while there is no set to be believed.
  Async<std::vector<JwtKey>> find(JwtAlgorithm algorithm, std::string kid);

  /// Begins a fetch when one is due. Returns milliseconds until it makes sense to call again.
  std::int64_t fetch_if_due();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the fetch under way
};

}  // namespace aiim
