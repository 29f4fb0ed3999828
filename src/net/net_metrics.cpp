#include "net/net_metrics.h"

#include <string>

namespace aiim {
namespace {

constexpr std::string_view requests_name = "aiim_http_requests_total";
constexpr std::string_view requests_help = "HTTP requests by method, route pattern and status.";

// 1006: the connection ended without a close frame; 0 stands for every other code that a client may send.
constexpr std::uint16_t close_codes[] = {1000, 1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011,
                                         1012, 4008, 4400, 4401, 4403, 4408, 4429, 0};

std::string_view known_method(std::string_view method) {
  for (std::string_view each : {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}) {
    if (each == method) return each;
  }
  return "other";
}

}  // namespace

NetMetrics::NetMetrics(Metrics& metrics) : metrics_(metrics) {
  connections = metrics.gauge("aiim_websocket_connections_active", "Open WebSocket connections.");
  http_connections = metrics.gauge("aiim_http_connections_active", "Open HTTP connections.");
  cpu_percent = metrics.gauge("aiim_system_cpu_usage_percent", "CPU time in use on this machine.");
  memory_percent = metrics.gauge("aiim_system_memory_usage_percent", "Memory in use on this machine.");
  bytes_received = metrics.counter("aiim_websocket_received_bytes_total", "Bytes read from WebSocket connections.");
  bytes_sent = metrics.counter("aiim_websocket_sent_bytes_total", "Bytes written to WebSocket connections.");
  frames_in = metrics.counter("aiim_websocket_frames_total", "Messages over WebSocket.", {{"direction", "in"}});
  frames_out = metrics.counter("aiim_websocket_frames_total", "Messages over WebSocket.", {{"direction", "out"}});
  sessions_opened = metrics.counter("aiim_websocket_sessions_opened_total", "WebSocket connections accepted.");
  slow_consumers =
      metrics.counter("aiim_websocket_slow_consumers_total", "Sessions closed because they read too slowly.");
  connections_refused = metrics.counter("aiim_connections_refused_total", "Connections above the configured maximum.");
  accept_errors = metrics.counter("aiim_accept_errors_total", "Failed attempts to accept a connection.");
  tls_handshakes_failed =
      metrics.counter("aiim_tls_handshakes_failed_total", "TLS connections that ended before they were established.");
  response_bytes_ = metrics.counter("aiim_http_response_bytes_total", "Bytes of HTTP response bodies.");
  metrics.counter("aiim_calls_total", "Calls started.");
  request_seconds_ = metrics.histogram("aiim_http_request_duration_seconds", "From a request's head to its answer.",
                                       {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5});
  for (auto code : close_codes) {
    closed_[code] =
        metrics.counter("aiim_websocket_sessions_closed_total", "WebSocket connections ended, by close code.",
                        {{"code", code ? std::to_string(code) : "other"}});
  }
  metrics.counter(requests_name, requests_help, {{"method", "GET"}, {"route", "/health"}, {"status", "200"}});
}

Counter& NetMetrics::requests_of(std::string_view method, std::string_view route, int status) {
  RequestKey key{route.data(), known_method(method), status};
  auto found = requests_.find(key);
  if (found == requests_.end()) {
    auto counter = metrics_.counter(requests_name, requests_help,
                                    {{"method", key.method}, {"route", route}, {"status", std::to_string(status)}});
    found = requests_.emplace(key, counter).first;
  }
  return found->second;
}

void NetMetrics::request(std::string_view method, std::string_view route, int status, double seconds,
                         std::uint64_t bytes) {
  requests_of(method, route, status).add();
  request_seconds_.observe(seconds);
  response_bytes_.add(static_cast<double>(bytes));
}

void NetMetrics::session_closed(std::uint16_t code) {
  auto found = closed_.find(code);
  (found == closed_.end() ? closed_.at(0) : found->second).add();
}

}  // namespace aiim
