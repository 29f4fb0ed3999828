// idle: what a session costs that is logged in and does nothing. Each run opens all sessions, lets the server settle
// and compares its memory with before; the first run is the warm-up, as its allocator grows only once.
#include "swarm.h"
#include "sweep.h"

namespace aiim::bench {
namespace {

class Idle final : public Swarm {
 public:
  using Swarm::Swarm;

 private:
  void on_event(WsClient&, const Event&) override {}
};

void settle(Bench& bench, double seconds) {
  int64_t end = now_ns() + static_cast<int64_t>(seconds * 1e9);
  while (now_ns() < end) bench.loop().turn(end);
}

void run_idle(const Params& params, Bench& bench, Result& result) {
  const size_t sessions = params.at("sessions");
  {
    Idle warm_up(bench);
    warm_up.open_sessions(sessions, 100, 128, true);
  }
  settle(bench, bench.options().warmup);
  for (int run = 0; run < bench.options().runs; run++) {
    bench.progress(fmt::format("{}  run {}/{}", result.label(), run + 1, bench.options().runs));
    ProcessUsage before = bench.server_usage();
    int64_t kernel = kernel_socket_kib(), start = now_ns();
    Idle idle(bench);
    idle.open_sessions(0, sessions, 512, true);
    double took = static_cast<double>(now_ns() - start) / 1e9;
    settle(bench, 2);
    ProcessUsage after = bench.server_usage();
    int64_t kernel_after = kernel_socket_kib();
    double settled_cpu = after.cpu_s;
    settle(bench, std::max(1.0, bench.options().seconds / 2));
    settled_cpu = bench.server_usage().cpu_s - settled_cpu;
    auto per_session = [&](int64_t kib) { return static_cast<double>(kib) * 1024 / static_cast<double>(sessions); };
    if (run == 0 && after.rss_kib)
      result.add("RSS per session, first time", "B", Better::lower, per_session(after.rss_kib - before.rss_kib));
    result.add("kernel per session, both ends", "B", Better::none, per_session(kernel_after - kernel));
    result.add("logins", "/s", Better::higher, static_cast<double>(sessions) / took);
    if (after.rss_kib) {
      result.add("server RSS", "MiB", Better::none, static_cast<double>(after.rss_kib) / 1024);
      result.add("server CPU while opening", "s", Better::none, after.cpu_s - before.cpu_s);
      result.add("server CPU while idle", "s/s", Better::none,
                 settled_cpu / std::max(1.0, bench.options().seconds / 2));
    }
    for (size_t i = 0; i < sessions; i++)
      if (!idle.session(i).is_live()) fail("session {} did not stay", i);
  }
}

}  // namespace

std::vector<Case> idle_cases(const Options& options) {
  return sweep("idle", {{"sessions", options.sessions, {5000}}}, run_idle);
}

}  // namespace aiim::bench
