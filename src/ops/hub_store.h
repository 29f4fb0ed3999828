// What the hubs ask of the store, and what the nodes watch: changed credentials.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "hub/hub.h"
#include "ops/app.h"

namespace aiim {

/// Answers a hub's questions on its own worker. `app` must outlive every answer.
HubStore make_hub_store(App& app);

/// For as long as the io_context runs: every 2 s reads whose credentials changed (here, by the command line or by
/// another node), forgets what was known of them and lets every hub look at their sessions again. One per process.
boost::asio::awaitable<void> watch_credentials(App& app, Bus& bus);

/// Likewise: fetches the external issuer's keys at the start and whenever they are no longer fresh.
boost::asio::awaitable<void> fetch_external_keys(App& app);

}  // namespace aiim
