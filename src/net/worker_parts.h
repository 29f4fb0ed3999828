// One worker's edge, as its parts see each other. Everything lives as long as the Edge that owns it; one thread.
#pragma once
#include <functional>

#include "base/codec.h"
#include "net/edge_state.h"
#include "net/net_metrics.h"
#include "net/ws_opening.h"
#include "ops/app.h"

namespace aiim {

struct WorkerParts {
  WorkerParts(App& worker_app, EdgeState& state)
      : app(worker_app),
        shared(state),
        metrics(worker_app.metrics),
        parser(static_cast<std::size_t>(worker_app.settings.body_bytes_max) + 64) {}

  App& app;
  EdgeState& shared;
  NetMetrics metrics;
  JsonParser parser;                               // of frames and bodies: used up before an operation first suspends
  std::function<void(WsOpening)> adopt_websocket;  // takes a connection after its 101 was written
  bool draining = false;
};

}  // namespace aiim
