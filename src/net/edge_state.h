// What the edges of all workers share: routes, embedded files, and how the server is. Made once, before the workers;
// everything that changes afterwards is atomic.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/address_rules.h"
#include "net/keyed_counts.h"
#include "net/router.h"
#include "net/static_files.h"
#include "net/system_usage.h"
#include "net/tls_channel.h"
#include "ops/dispatch.h"

namespace aiim {

enum class SystemRoute : std::uint8_t { none, health, healthz, ready, metrics, websocket };

/// An entry of the router: an operation, or a route of the server itself.
struct Route {
  const Op* op = nullptr;
  SystemRoute system = SystemRoute::none;
};

struct EdgeState {
  explicit EdgeState(const Settings& settings);

  std::vector<Route> routes;
  Router router;      // find() gives an index into `routes`
  StaticFiles files;  // fill before the workers start
  SystemUsage usage;
  std::unique_ptr<TlsContext> tls;  // null: plain; set before the workers start
  AddressRules addresses;
  KeyedCounts user_sessions;                 // WebSockets by user
  KeyedCounts waiting_sockets;               // WebSockets without credentials, by address
  std::atomic<std::int64_t> connections{0};  // HTTP and WebSocket, of all workers
  std::atomic<bool> ready{false};            // set once the server may take traffic
  std::atomic<bool> draining{false};

  /// TLS of a connection just accepted; null when this server speaks plain HTTP.
  std::unique_ptr<TlsChannel> make_tls() const {
    return tls ? std::make_unique<TlsChannel>(tls->make_session()) : nullptr;
  }
  /// True for the first caller in each second: that worker samples `usage`.
  bool claim_sample(std::int64_t second) { return sampled_s_.exchange(second) != second; }

 private:
  std::atomic<std::int64_t> sampled_s_{0};
  // What `files` shows besides the embedded ones.
  const std::string config_;  // /config.json
  const std::string page_;    // the landing page, until the web client takes its place
  const std::string openapi_;
  const std::string asyncapi_;
};

/// Connections accepted above max_connections, so that those turned away can be told why and /health goes on answering.
constexpr std::int64_t spare_connections(std::int64_t max) { return std::clamp<std::int64_t>(max / 16, 4, 256); }

/// One connection's share of max_connections, given back when it is destroyed.
class ConnectionSlot {
 public:
  ConnectionSlot() = default;
  ConnectionSlot(EdgeState& state, std::int64_t max) : state_(&state), beyond_(state.connections.fetch_add(1) >= max) {}
  ConnectionSlot(ConnectionSlot&& other) noexcept
      : state_(std::exchange(other.state_, nullptr)), beyond_(other.beyond_) {}
  ConnectionSlot& operator=(ConnectionSlot&& other) noexcept {
    std::swap(state_, other.state_);
    std::swap(beyond_, other.beyond_);
    return *this;
  }
  ~ConnectionSlot() {
    if (state_) state_->connections.fetch_sub(1);
  }
  /// A spare one: only to be told that there is no place.
  bool beyond() const { return beyond_; }

 private:
  EdgeState* state_ = nullptr;
  bool beyond_ = false;
};

}  // namespace aiim
