// bus: topics inside one process, alone: one thread publishes as the store does after a commit, each subscriber takes
// what comes on a thread of its own. Every subscriber must see every event once and in the order of publishing.
#include "bus/bus.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "process_usage.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

constexpr size_t topics = 1000;
constexpr size_t frame_bytes = 300;
constexpr uint64_t waiting_max = 50'000;  // published and not yet seen by the slowest, so that nothing is dropped

// Event n is the next one of topic n % topics: published round and round, so that only the bus is measured.
EventBatch make_events() {
  EventBatch events;
  for (size_t i = 0; i < topics; i++) {
    aiim::Event event;
    event.tenant_id = "default";
    event.conversation_id = fmt::format("conv_{}", i);
    event.rev = static_cast<int64_t>(i);
    event.frame.assign(frame_bytes, 'x');
    events.push_back(std::make_shared<const aiim::Event>(std::move(event)));
  }
  return events;
}

class Subscriber {
 public:
  explicit Subscriber(Bus& bus, const EventBatch& events) : bus_(bus), guard_(io_.get_executor()) {
    BusSubscriber calls;
    calls.post = [this](std::function<void()> work) { boost::asio::post(io_, std::move(work)); };
    calls.deliver = [this](const EventBatch& batch) { take(batch); };
    calls.lost = [this] { wrong_ = true; };
    number_ = bus_.add(std::move(calls));
    std::vector<std::string> names;
    for (const auto& event : events) names.push_back(topic_of(*event));
    bus_.subscribe(number_, std::move(names), [this] { ready_ = true; });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Subscriber() {
    guard_.reset();
    io_.stop();
    thread_.join();
    bus_.remove(number_);
  }
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  bool ready() const { return ready_; }
  uint64_t seen() const { return seen_.load(std::memory_order_relaxed); }
  bool wrong() const { return wrong_; }

 private:
  void take(const EventBatch& batch) {
    uint64_t seen = seen_.load(std::memory_order_relaxed);
    for (const auto& event : batch)
      if (event->rev != static_cast<int64_t>(seen++ % topics)) wrong_ = true;
    seen_.store(seen, std::memory_order_relaxed);
  }

  Bus& bus_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  int number_ = -1;
  std::atomic<bool> ready_ = false, wrong_ = false;
  std::atomic<uint64_t> seen_ = 0;
  std::thread thread_;
};

class Publisher {
 public:
  Publisher(Bus& bus, size_t subscribers, size_t batch) : bus_(bus), events_(make_events()), batch_(batch) {
    for (size_t i = 0; i < subscribers; i++) subscribers_.push_back(std::make_unique<Subscriber>(bus, events_));
    wait([](const Subscriber& each) { return each.ready(); }, "subscriptions are confirmed");
  }

  uint64_t published() const { return published_; }
  double run(double seconds) {
    int64_t start = now_ns(), end = start + static_cast<int64_t>(seconds * 1e9);
    while (now_ns() < end) {
      while (published_ - slowest() > waiting_max) std::this_thread::yield();
      EventBatch batch;
      for (size_t i = 0; i < batch_; i++) batch.push_back(events_[published_++ % topics]);
      bus_.publish(std::move(batch));
    }
    wait([&](const Subscriber& each) { return each.seen() == published_; }, "every event is delivered");
    return static_cast<double>(now_ns() - start) / 1e9;
  }

 private:
  uint64_t slowest() const {
    uint64_t least = UINT64_MAX;
    for (const auto& each : subscribers_) least = std::min(least, each->seen());
    return least;
  }
  template <class F>
  void wait(F holds, const char* what) const {
    int64_t deadline = now_ns() + 10 * second_ns;
    for (const auto& each : subscribers_) {
      while (!holds(*each)) {
        if (now_ns() > deadline) fail("not within 10 s: {}", what);
        std::this_thread::yield();
      }
      if (each->wrong()) fail("a subscriber got an event twice, late or not at all");
    }
  }

  Bus& bus_;
  const EventBatch events_;
  const size_t batch_;
  std::vector<std::unique_ptr<Subscriber>> subscribers_;
  uint64_t published_ = 0;
};

void run_bus(const Params& params, Bench& bench, Result& result) {
  bench.use({}, "none: inside one process", 0);
  std::unique_ptr<Bus> bus = make_local_bus();
  Publisher publisher(*bus, params.at("subscribers"), params.at("batch"));
  publisher.run(bench.options().warmup);
  for (int run = 0; run < bench.options().runs; run++) {
    bench.progress(fmt::format("{}  run {}/{}", result.label(), run + 1, bench.options().runs));
    uint64_t before = publisher.published();
    double cpu = own_cpu_s(), seconds = publisher.run(bench.options().seconds);
    auto events = static_cast<double>(publisher.published() - before);
    cpu = own_cpu_s() - cpu;
    result.add("events", "/s", Better::higher, events / seconds);
    result.add("publishes", "/s", Better::none, events / static_cast<double>(params.at("batch")) / seconds);
    result.add("CPU, all threads", "s/s", Better::none, cpu / seconds);
  }
}

}  // namespace

std::vector<Case> bus_cases(const Options& options) {
  std::vector<Case> cases =
      sweep("bus", {{"subscribers", options.viewers, {1, 2}}, {"batch", options.batch, {1, 10, 100}}}, run_bus);
  for (Case& one : cases) one.needs_server = false;
  return cases;
}

}  // namespace aiim::bench
