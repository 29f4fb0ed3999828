#include "net/edge.h"

#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "base/log.h"
#include "net/http_server.h"
#include "net/listener.h"
#include "net/worker_parts.h"
#include "net/ws_worker.h"

namespace aiim {
namespace {

constexpr auto tick_interval = std::chrono::seconds(1);
constexpr auto drain_interval = std::chrono::milliseconds(20);

}  // namespace

struct Edge::Impl {
  Impl(App& app, boost::asio::io_context& io, EdgeState& shared)
      : parts(app, shared),
        sockets(parts),
        http(parts),
        listener(parts,
                 [this](HttpSession::Socket socket, std::string address, ConnectionSlot slot) {
                   http.serve(std::move(socket), std::move(address), std::move(slot));
                 }),
        ticker(io),
        drainer(io) {
    parts.adopt_websocket = [this](WsOpening opening) { sockets.adopt(std::move(opening)); };
  }

  void tick();
  void check_drained();
  bool drained() const { return sockets.size() == 0 && sockets.operations() == 0 && http.size() == 0; }

  WorkerParts parts;
  WsWorker sockets;
  HttpServer http;
  Listener listener;
  boost::asio::steady_timer ticker;
  boost::asio::steady_timer drainer;
  std::int64_t drain_until_ms = 0;
  std::function<void()> drained_callback;
};

void Edge::Impl::tick() {
  ticker.expires_after(tick_interval);
  ticker.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    sockets.tick();
    http.tick(steady_ms());
    // One worker samples for all; which one does not matter.
    if (parts.shared.claim_sample(steady_ms() / 1000)) {
      parts.shared.usage.sample();
      parts.metrics.cpu_percent.set(parts.shared.usage.cpu_percent());
      parts.metrics.memory_percent.set(parts.shared.usage.memory_percent());
    }
    tick();
  });
}

void Edge::Impl::check_drained() {
  http.tick(steady_ms());
  if (drained() || steady_ms() >= drain_until_ms) {
    if (!drained()) {
      log_warn("drain_incomplete",
               {{"sessions", sockets.size()}, {"operations", sockets.operations()}, {"http", http.size()}});
    }
    if (auto done = std::exchange(drained_callback, nullptr)) done();
    return;
  }
  drainer.expires_after(drain_interval);
  drainer.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) check_drained();
  });
}

Edge::Edge(App& app, boost::asio::io_context& io, EdgeState& shared) : impl_(std::make_unique<Impl>(app, io, shared)) {}
Edge::~Edge() = default;

Result<int> Edge::listen(const std::string& host, int port) { return impl_->listener.open(host, port); }

void Edge::start() {
  impl_->sockets.start();
  impl_->listener.start();
  impl_->tick();
}

void Edge::drain(std::int64_t deadline_ms, std::function<void()> done) {
  impl_->parts.draining = true;
  impl_->drain_until_ms = steady_ms() + deadline_ms;
  impl_->drained_callback = std::move(done);
  impl_->listener.close();
  impl_->http.drain();
  impl_->sockets.drain();
  impl_->check_drained();
}

void Edge::stop() {
  impl_->listener.close();
  impl_->ticker.cancel();
  impl_->drainer.cancel();
  impl_->http.close_all();
  impl_->sockets.stop();
}

std::size_t Edge::sessions() const { return impl_->sockets.size(); }
std::size_t Edge::connections() const { return impl_->http.size(); }

}  // namespace aiim
