// What is asked of every request and handshake before anything else: the limit per address, and the credentials.
#pragma once
#include <optional>
#include <string_view>

#include "net/http_reply.h"
#include "net/http_request.h"
#include "net/worker_parts.h"

namespace aiim {

/// The answer to a request that may not come in at all: its address is not let in, or its connection is a spare one
/// (`beyond`). An orchestrator's probes come from anywhere; /health, /metrics and WebSockets are not turned away for
/// want of a place here.
std::optional<HttpReply> turn_away(WorkerParts& parts, const RequestContext& context, SystemRoute route, bool beyond);

/// Charges one request to the client's address: twenty times a user's write rate, twice that at once, so that many
/// users behind one address fit. The error names when to try again.
Result<> charge_address(App& app, std::string_view address);

/// RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) for a refused request.
void add_rate_limit_headers(HttpReply& reply, const RatePolicy& policy, std::int64_t retry_after_ms);
RatePolicy address_policy(const Settings& settings);

/// Authorization: Bearer, or X-API-Key; nothing when the request brings neither. An Authorization of another kind gives
/// an empty bearer, which authenticates nobody.
std::optional<Credentials> credentials_of(const HttpRequest& request);

}  // namespace aiim
