// What the edge counts. Every family is there from the start, at 0; labels come from closed sets: route patterns, known
// methods, statuses, close codes.
#pragma once
#include <cstdint>
#include <map>
#include <string_view>

#include "base/metrics.h"

namespace aiim {

/// One worker's handles. The values behind them are the process's.
class NetMetrics {
 public:
  explicit NetMetrics(Metrics& metrics);

  /// `route`: a pattern that lives as long as the process, or a literal.
  void request(std::string_view method, std::string_view route, int status, double seconds, std::uint64_t bytes);
  void session_closed(std::uint16_t code);

  Gauge connections;  // aiim_websocket_connections_active
  Gauge http_connections;
  Gauge cpu_percent;
  Gauge memory_percent;
  Counter bytes_received;
  Counter bytes_sent;
  Counter frames_in;
  Counter frames_out;
  Counter sessions_opened;
  Counter slow_consumers;
  Counter connections_refused;
  Counter accept_errors;
  Counter tls_handshakes_failed;

 private:
  Counter& requests_of(std::string_view method, std::string_view route, int status);

  struct RequestKey {
    const char* route;
    std::string_view method;
    int status;
    auto operator<=>(const RequestKey&) const = default;
  };
  Metrics& metrics_;
  std::map<RequestKey, Counter> requests_;
  Histogram request_seconds_;
  Counter response_bytes_;
  std::map<std::uint16_t, Counter> closed_;
};

}  // namespace aiim
