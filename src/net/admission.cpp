#include "net/admission.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/address_rules.h"
#include "net/text.h"

namespace aiim {

std::optional<HttpReply> turn_away(WorkerParts& parts, const RequestContext& context, SystemRoute route, bool beyond) {
  std::optional<HttpReply> reply;
  bool probe = route == SystemRoute::healthz || route == SystemRoute::ready;
  if (!probe && !parts.shared.addresses.admits(context.address)) {
    Error denied(ErrorCode::forbidden, "this address is not let in");
    reply = problem_reply(denied, context.request_id, context.language);
  } else if (beyond && route == SystemRoute::none) {
    parts.metrics.connections_refused.add();
    Error full(ErrorCode::unavailable, "the server has as many connections as it takes");
    full.retry_after_ms = 5000;
    reply = problem_reply(full, context.request_id, context.language);
  }
  if (reply) reply->close = true;
  return reply;
}

RatePolicy address_policy(const Settings& settings) {
  double per_second = std::max(0.0, settings.rate_limit_per_s) * 20;
  return {"address", RateRule{per_second, per_second * 2}};
}

Result<> charge_address(App& app, std::string_view address) {
  std::string key = "address/";
  key += limited_address(address);
  auto decision = app.limiter.charge(key, address_policy(app.settings).rule, 1, steady_ms());
  if (decision.allowed) return {};
  Error error(ErrorCode::rate_limited, "too many requests from this address");
  error.retry_after_ms = decision.retry_after_ms;
  return error;
}

void add_rate_limit_headers(HttpReply& reply, const RatePolicy& policy, std::int64_t retry_after_ms) {
  const RateRule& rule = policy.rule;
  auto name = "\"" + std::string(policy.name) + "\"";
  auto seconds = std::max<std::int64_t>(1, (retry_after_ms + 999) / 1000);
  reply.add("RateLimit", name + ";r=0;t=" + std::to_string(seconds));
  auto window = rule.per_second > 0 ? std::max(1.0, std::ceil(rule.burst / rule.per_second)) : 1.0;
  reply.add("RateLimit-Policy", name + ";q=" + std::to_string(static_cast<std::int64_t>(rule.burst)) +
                                    ";w=" + std::to_string(static_cast<std::int64_t>(window)));
}

std::optional<Credentials> credentials_of(const HttpRequest& request) {
  Credentials given;
  if (!request.authorization.empty()) {
    auto blank = request.authorization.find(' ');
    if (blank != request.authorization.npos && equal_ignoring_case(request.authorization.substr(0, blank), "bearer")) {
      given.bearer = trimmed(request.authorization.substr(blank));
    }
    return given;
  }
  if (request.api_key.empty()) return std::nullopt;
  given.api_key = request.api_key;
  return given;
}

}  // namespace aiim
