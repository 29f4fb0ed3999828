// Built-in agents: bots whose answers the server itself writes. One of them exists: `echo`, in the server's own tenant.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "base/task_group.h"
#include "ops/app.h"

namespace aiim {

/// For as long as the io_context runs, on one worker; answers are tasks of `tasks`. Makes the bot if it is missing, and
/// does nothing where a person has its name.
boost::asio::awaitable<void> run_echo_agent(App& app, TaskGroup& tasks);

}  // namespace aiim
