// The sweeper of old messages, for tenants that keep them for some days only.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "ops/app.h"

namespace aiim {

/// For as long as the io_context runs: goes through all conversations every retention_sweep_s, in bounded batches.
/// Several processes may do so at once. One per process.
boost::asio::awaitable<void> sweep_retention(App& app);

}  // namespace aiim
