#include "net/system_routes.h"

#include <chrono>
#include <cmath>

#include "wire/health.h"

namespace aiim {
namespace {

double rounded(double value, double steps) { return std::round(value * steps) / steps; }

double unix_time() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(since).count()) / 1e6;
}

boost::asio::awaitable<HttpReply> answer_health(WorkerParts& parts) {
  Result<double> ping = co_await parts.app.store.ping();
  Health health;
  health.timestamp = unix_time();
  health.database_healthy = ping.has_value();
  health.database_seconds = ping ? *ping : 0;
  health.cpu_percent = parts.shared.usage.cpu_percent();
  health.memory_percent = parts.shared.usage.memory_percent();
  health.version = parts.app.settings.version;
  co_return json_reply(health_json(health), health.database_healthy ? 200 : 503);
}

boost::asio::awaitable<HttpReply> answer_ready(WorkerParts& parts, const RequestContext& context) {
  Error not_ready(ErrorCode::unavailable);
  if (!parts.shared.ready) {
    not_ready.detail = "starting";
  } else if (parts.shared.draining) {
    not_ready.detail = "draining";
  } else {
    Result<double> ping = co_await parts.app.store.ping();
    if (ping) co_return json_reply(R"({"status":"ready"})");
    not_ready.detail = "the database does not answer";
  }
  co_return problem_reply(not_ready, context.request_id, context.language);
}

HttpReply answer_metrics(WorkerParts& parts) {
  HttpReply reply = json_reply(parts.app.metrics.text());
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return reply;
}

}  // namespace

std::string health_json(const Health& health) {
  HealthDocument document;
  document.status = health.database_healthy ? "healthy" : "unhealthy";
  document.timestamp = health.timestamp;
  document.checks.database.status = document.status;
  if (health.database_healthy) document.checks.database.response_time = rounded(health.database_seconds, 1e6);
  document.checks.redis.status = "not_configured";
  document.checks.system.cpu_usage = rounded(health.cpu_percent, 10);
  document.checks.system.memory_usage = rounded(health.memory_percent, 10);
  document.checks.system.status = "healthy";
  document.version = health.version;
  return encode(document);
}

boost::asio::awaitable<HttpReply> answer_system(WorkerParts& parts, SystemRoute route, const RequestContext& context) {
  switch (route) {
    case SystemRoute::health: co_return co_await answer_health(parts);
    case SystemRoute::healthz: co_return json_reply(R"({"status":"ok"})");
    case SystemRoute::ready: co_return co_await answer_ready(parts, context);
    case SystemRoute::metrics: co_return answer_metrics(parts);
    case SystemRoute::websocket:
    case SystemRoute::none: break;
  }
  co_return problem_reply(Error(ErrorCode::not_found), context.request_id, context.language);
}

}  // namespace aiim
