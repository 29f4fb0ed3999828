// /health, /healthz, /ready and /metrics: how the server is, for people and machines that look after it.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "net/http_reply.h"
#include "net/http_request.h"
#include "net/worker_parts.h"

namespace aiim {

boost::asio::awaitable<HttpReply> answer_system(WorkerParts& parts, SystemRoute route, const RequestContext& context);

/// The health document: exactly the original service's, its Unix time as a float included.
struct Health {
  double timestamp = 0;
  bool database_healthy = false;
  double database_seconds = 0;
  double cpu_percent = 0;
  double memory_percent = 0;
  std::string version;
};
std::string health_json(const Health& health);

}  // namespace aiim
