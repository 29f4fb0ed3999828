// echo: the op `ping`, `depth` under way on each session, no store: the edge alone. Acks must come in order.
#include "histogram.h"
#include "shared.h"
#include "swarm.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

class Echo final : public Swarm, public Steady {
 public:
  Echo(Bench& the_bench, size_t sessions) : Swarm(the_bench), due_(sessions), next_(sessions), when_(sessions) {}

  void start(size_t depth) {
    for (auto& times : when_) times.resize(depth);
    for (size_t i = 0; i < size(); i++)
      for (size_t d = 0; d < depth; d++) ping(i);
  }
  void stop() { stopped_ = true; }
  bool idle() const { return in_flight_ == 0; }
  int64_t pump(int64_t) override { return INT64_MAX; }
  uint64_t done() const override { return done_; }
  void reset() override {
    done_ = 0;
    latency_.clear();
  }
  void report(Result& result, double seconds) override {
    result.add("echoes", "/s", Better::higher, static_cast<double>(done_) / seconds);
    for (double p : {50.0, 99.0})
      result.add(fmt::format("p{:g}", p), "ms", Better::lower, static_cast<double>(latency_.percentile(p)) / 1e6);
  }

 private:
  void ping(size_t i) {
    uint64_t number = next_[i]++;
    when_[i][number % when_[i].size()] = now_ns();
    char text[64];
    auto end = fmt::format_to(text, R"({{"type":"ping","id":"{}","data":{{}}}})", number);
    session(i).send_text({text, static_cast<size_t>(end - text)});
    in_flight_++;
  }

  void on_event(WsClient& client, const Event& event) override {
    if (event.type != "ack") return;
    size_t i = client.index();
    fmt::format_int due(due_[i]);
    if (event.id != std::string_view(due.data(), due.size()))
      fail("session {}: the ack of ping {} came where {} was due", i, event.id, due_[i]);
    latency_.record(now_ns() - when_[i][due_[i] % when_[i].size()]);
    due_[i]++;
    done_++;
    in_flight_--;
    if (!stopped_) ping(i);
  }

  std::vector<uint64_t> due_, next_;  // by session
  std::vector<std::vector<int64_t>> when_;
  uint64_t done_ = 0, in_flight_ = 0;
  bool stopped_ = false;
  Histogram latency_;
};

}  // namespace

void run_echo(Bench& bench, size_t sessions, size_t depth, Result& result) {
  Echo load(bench, sessions);
  load.open_sessions(0, sessions);
  load.start(depth);
  measure(bench, load, result);
  load.stop();
  run_until(bench, nullptr, 10, "every ping is acked", [&] { return load.idle(); });
}

std::vector<Case> echo_cases(const Options& options) {
  return sweep("echo", {{"sessions", options.sessions, {200}}, {"depth", options.depth, {1, 8}}},
               [](const Params& params, Bench& bench, Result& result) {
                 run_echo(bench, params.at("sessions"), params.at("depth"), result);
               });
}

}  // namespace aiim::bench
