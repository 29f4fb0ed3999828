#include "main/worker.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <chrono>

#include "ops/agents.h"
#include "ops/hub_store.h"
#include "ops/presence.h"
#include "ops/retention.h"
#include "ops/streams.h"

namespace aiim {
namespace {

constexpr auto task_poll = std::chrono::milliseconds(5);

HubLimits limits_of(const Settings& settings) {
  HubLimits limits;
  limits.outbox_bytes_max = static_cast<std::size_t>(settings.outbox_bytes_max);
  limits.outbox_bytes_soft = limits.outbox_bytes_max / 4;
  return limits;
}

}  // namespace

Worker::Worker(const SharedParts& shared, int number)
    : keep_running_(io_.get_executor()),
      bus_(shared.bus),
      presence_(shared.presence),
      number_(number),
      // hub_ is not yet alive here, but neither is anything that would use it through app_.
      app_{shared.settings,  shared.clock, shared.store, shared.metrics, shared.limiter, shared.identities,
           shared.passwords, io_,          hub_},
      hub_(io_, shared.bus, make_hub_store(app_), limits_of(shared.settings), &shared.presence),
      edge_(app_, io_, shared.edges),
      tasks_(io_.get_executor(), "worker"),
      task_timer_(io_) {}

Worker::~Worker() { stop_and_join(); }

Result<int> Worker::listen(const std::string& host, int port) { return edge_.listen(host, port); }

void Worker::start() {
  boost::asio::post(io_, [this] {
    edge_.start();
    if (number_ != 0) return;
    tasks_.spawn("watch_credentials", watch_credentials(app_, bus_));
    tasks_.spawn("fetch_external_keys", fetch_external_keys(app_));
    tasks_.spawn("sweep_streams", sweep_streams(app_));
    tasks_.spawn("sweep_presence", sweep_presence(app_, bus_, presence_));
    if (app_.settings.echo_agent) tasks_.spawn("run_echo_agent", run_echo_agent(app_, tasks_));
    tasks_.spawn("sweep_retention", sweep_retention(app_));
  });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), ("aiim-worker-" + std::to_string(number_)).c_str());
    io_.run();
  });
}

void Worker::drain(std::int64_t deadline_ms, std::function<void()> done) {
  boost::asio::post(io_, [this, deadline_ms, done = std::move(done)] {
    tasks_.cancel_all();
    const std::int64_t until_ms = steady_ms() + deadline_ms;
    edge_.drain(deadline_ms, [this, until_ms, done] { await_tasks(until_ms, done); });
  });
}

// A task that waits for the store ends when it is answered.
void Worker::await_tasks(std::int64_t until_ms, std::function<void()> done) {
  if (tasks_.size() == 0 || steady_ms() >= until_ms) return done();
  task_timer_.expires_after(task_poll);
  task_timer_.async_wait([this, until_ms, done = std::move(done)](boost::system::error_code) mutable {
    await_tasks(until_ms, std::move(done));
  });
}

void Worker::verify_positions() {
  boost::asio::post(io_, [this] { hub_.verify_positions(); });
}

void Worker::stop_and_join() {
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this] {
    edge_.stop();
    io_.stop();
  });
  thread_.join();
}

}  // namespace aiim
