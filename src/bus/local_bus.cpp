// The bus inside one process. publish() sorts a batch's events into one queue per interested worker and posts at most
// once for each: a worker that has not come round to its queue yet finds one bigger batch there. It keeps nothing: an
// event without subscribers is gone.
#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "bus/bus.h"

namespace aiim {
namespace {

// Shared: a posted function may still wait in the worker's io_context when the subscriber or the bus is gone.
struct Worker {
  std::mutex mutex;
  BusSubscriber calls;
  std::deque<EventBatch::value_type> queue;
  std::size_t queue_bytes = 0;
  bool posted = false;
  bool lost = false;
  bool removed = false;
};

std::size_t weight(const Event& event) { return sizeof(Event) + event.frame.size() + event.frame_left.size(); }

// Delivers one batch; posts itself again where more waits.
void run(const std::shared_ptr<Worker>& worker, const LocalBusLimits& limits) {
  EventBatch batch;
  bool lost;
  bool more;
  {
    std::lock_guard lock(worker->mutex);
    if (worker->removed) return;
    std::size_t bytes = 0;
    while (!worker->queue.empty() && batch.size() < limits.batch_events_max && bytes < limits.batch_bytes_max) {
      bytes += weight(*worker->queue.front());
      batch.push_back(std::move(worker->queue.front()));
      worker->queue.pop_front();
    }
    worker->queue_bytes -= bytes;
    more = !worker->queue.empty();
    worker->posted = more;
    lost = !more && std::exchange(worker->lost, false);
  }
  if (!batch.empty()) worker->calls.deliver(batch);
  if (worker->removed) return;
  if (lost && worker->calls.lost) worker->calls.lost();
  if (more) worker->calls.post([worker, limits] { run(worker, limits); });
}

class LocalBus final : public Bus {
 public:
  explicit LocalBus(LocalBusLimits limits) : limits_(limits) {}

  int add(BusSubscriber subscriber) override {
    auto worker = std::make_shared<Worker>();
    worker->calls = std::move(subscriber);
    std::lock_guard lock(mutex_);
    for (int number = 0; number < bus_subscribers_max; number++) {
      if (!workers_[number]) {
        workers_[number] = std::move(worker);
        return number;
      }
    }
    AIIM_CHECK(!"at most 64 workers in one process");
    return -1;
  }

  void remove(int subscriber) override {
    std::shared_ptr<Worker> worker;
    {
      std::lock_guard lock(mutex_);
      worker = std::move(workers_[subscriber]);
      const std::uint64_t bit = std::uint64_t{1} << subscriber;
      for (auto topic = topics_.begin(); topic != topics_.end();) {
        topic = (topic->second &= ~bit) == 0 ? topics_.erase(topic) : std::next(topic);
      }
    }
    std::lock_guard lock(worker->mutex);
    worker->removed = true;
    worker->queue.clear();
  }

  void subscribe(int subscriber, std::vector<std::string> topics, std::function<void()> done) override {
    std::lock_guard lock(mutex_);
    const std::shared_ptr<Worker>& worker = workers_[subscriber];
    AIIM_CHECK(worker);
    for (std::string& topic : topics) topics_[std::move(topic)] |= std::uint64_t{1} << subscriber;
    if (!done) return;
    worker->calls.post([worker, done = std::move(done)] {
      if (!worker->removed) done();
    });
  }

  void unsubscribe(int subscriber, std::span<const std::string> topics) override {
    const std::uint64_t bit = std::uint64_t{1} << subscriber;
    std::lock_guard lock(mutex_);
    for (const std::string& name : topics) {
      const auto topic = topics_.find(name);
      if (topic != topics_.end() && (topic->second &= ~bit) == 0) topics_.erase(topic);
    }
  }

  void publish(EventBatch events) override {
    std::array<EventBatch, bus_subscribers_max> chosen;
    std::array<std::shared_ptr<Worker>, bus_subscribers_max> workers;
    std::uint64_t interested = 0;
    {
      std::lock_guard lock(mutex_);
      for (const auto& event : events) {
        const auto topic = topics_.find(topic_of(*event));
        if (topic == topics_.end()) continue;
        interested |= topic->second;
        for (std::uint64_t left = topic->second; left != 0; left &= left - 1) {
          chosen[std::countr_zero(left)].push_back(event);
        }
      }
      for (std::uint64_t left = interested; left != 0; left &= left - 1) {
        workers[std::countr_zero(left)] = workers_[std::countr_zero(left)];
      }
    }
    for (std::uint64_t left = interested; left != 0; left &= left - 1) {
      const int number = std::countr_zero(left);
      enqueue(workers[number], std::move(chosen[number]));
    }
  }

 private:
  void enqueue(const std::shared_ptr<Worker>& worker, EventBatch events) {
    std::lock_guard lock(worker->mutex);
    if (worker->removed) return;
    for (auto& event : events) {
      // Once something was dropped, the rest goes too: what reaches the worker stays a prefix.
      worker->lost = worker->lost || worker->queue.size() >= limits_.events_max ||
                     worker->queue_bytes + weight(*event) > limits_.bytes_max;
      if (worker->lost) break;
      worker->queue_bytes += weight(*event);
      worker->queue.push_back(std::move(event));
    }
    if (std::exchange(worker->posted, true)) return;
    worker->calls.post([worker, limits = limits_] { run(worker, limits); });
  }

  const LocalBusLimits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::uint64_t> topics_;
  std::array<std::shared_ptr<Worker>, bus_subscribers_max> workers_;
};

}  // namespace

std::unique_ptr<Bus> make_local_bus(LocalBusLimits limits) { return std::make_unique<LocalBus>(limits); }

}  // namespace aiim
