// The running server: store, bus, workers and their order of life. Everything between the checked settings and the
// exit.
#pragma once
#include <functional>

#include "base/result.h"
#include "ops/settings.h"

namespace aiim {

struct ServerHooks {
  /// After migration, before the first connection: the demo fills its database here.
  std::function<Result<>(Db&)> prepare;
  /// Once connections are accepted.
  std::function<void(int port)> ready;
};

/// Serves until SIGTERM or SIGINT, then drains; the whole shutdown takes at most 15 s. An error is one line for the
/// operator and means that nothing was served.
Result<> run_server(Settings settings, const ServerHooks& hooks);

}  // namespace aiim
