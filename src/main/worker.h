// One worker: a thread with its own io_context, hub and edge, sharing nothing with its peers but the store and the bus.
#pragma once
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <thread>

#include "base/task_group.h"
#include "core/bus.h"
#include "hub/hub.h"
#include "hub/presence_board.h"
#include "net/edge.h"
#include "ops/app.h"

namespace aiim {

/// What all workers share.
struct SharedParts {
  const Settings& settings;
  const Clock& clock;
  Store& store;
  Metrics& metrics;
  RateLimiter& limiter;
  Identities& identities;
  PasswordThread& passwords;
  Bus& bus;
  EdgeState& edges;
  PresenceBoard& presence;
};

class Worker {
 public:
  Worker(const SharedParts& shared, int number);
  /// Only after stop_and_join(), and after the store has ended: its jobs may still point into this worker's coroutines.
  ~Worker();

  Result<int> listen(const std::string& host, int port);
  /// Starts the thread. Worker 0 also watches for changed credentials, for streams whose lease ran out
  /// and for users who left.
  void start();
  /// From any thread: ends the worker's tasks and says goodbye to every connection; `done` is called on the worker's
  /// thread when nothing is left, or `deadline_ms` from now.
  void drain(std::int64_t deadline_ms, std::function<void()> done);
  /// From any thread: compares every followed conversation with the store.
  void verify_positions();
  void stop_and_join();

 private:
  void await_tasks(std::int64_t until_ms, std::function<void()> done);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_;
  Bus& bus_;
  PresenceBoard& presence_;
  int number_;
  App app_;
  Hub hub_;
  Edge edge_;
  TaskGroup tasks_;
  boost::asio::steady_timer task_timer_;
  std::thread thread_;
};

}  // namespace aiim
