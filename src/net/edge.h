// One worker's edge: its listening socket, its HTTP connections and its WebSocket sessions.
//
//   EdgeState shared(settings);                 // once per process; add embedded files to shared.files
//   Edge edge(app, io, shared);                 // per worker, on any thread before the worker runs
//   auto port = edge.listen(host, 0);           // every worker binds the same port (SO_REUSEPORT)
//   edge.start();                               // begins to accept; from here on only the worker's thread may call
//   shared.ready = true;                        // /ready answers 200
//   ... io.run() ...
//   shared.draining = true;                     // any thread: /ready fails at once
//   edge.drain(deadline_ms, [&] { ... });       // on the worker's thread; `done` runs there, once
//   edge.stop();                                // drops what is left; then stop and join the io_context's run()
//
// Operations under way keep pointing into the edge until they finish: destroy it only when the io_context will run no
// more, and before the io_context, the hub and the rest of the App.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/edge_state.h"
#include "ops/app.h"

namespace aiim {

class Edge {
 public:
  Edge(App& app, boost::asio::io_context& io, EdgeState& shared);
  ~Edge();

  /// The port listened on, or one line for the operator.
  Result<int> listen(const std::string& host, int port);
  void start();

  /// Stops accepting; idle HTTP connections end, the others after the request under way; every WebSocket session is
  /// answered what it has under way, then told `bye` (draining, with a spread reconnect_after_ms) and closed with 1012.
  /// Calls `done` when nothing is left, or `deadline_ms` from now.
  void drain(std::int64_t deadline_ms, std::function<void()> done);
  /// Drops every connection now.
  void stop();

  std::size_t sessions() const;     // WebSocket
  std::size_t connections() const;  // HTTP

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiim
