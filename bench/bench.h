// What each case gets: the server under test, the loop, who the users are, and the window that measures steady state.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "clock.h"
#include "loop.h"
#include "options.h"
#include "postgres_cluster.h"
#include "process_usage.h"
#include "result.h"
#include "server_process.h"
#include "target.h"

namespace aiim::bench {

class Bench {
 public:
  explicit Bench(const Options& options);

  const Options& options() const { return options_; }
  Loop& loop() { return loop_; }
  const Target& target() const { return target_; }
  ServerProcess* server() { return server_.get(); }  // null with --url

  // Before each case: a fresh server with a fresh database where the bench spawns it. `environment` adds to it.
  void start_server(std::vector<std::pair<std::string, std::string>> environment = {});
  // After server()->stop(): up again on the same data.
  void restart_server();
  void stop_server();
  // Points the case at something else that speaks the protocol (the machine's limits do).
  void use(const Target& target, std::string durability, pid_t pid);

  // A new database in the private PostgreSQL cluster, which is started when it is first needed.
  std::string fresh_database();

  std::string durability() const { return durability_; }
  const std::string& database_url() const { return database_url_; }
  ProcessUsage server_usage() const;
  ProcessUsage database_usage() const;

  // Users of this call of the bench, unlike those of any other.
  std::string user(size_t number) const;
  std::string token(size_t number) const { return make_token(target_, user(number)); }

  // One line on the terminal that the next one replaces; in a log a line every ten seconds, with --verbose each.
  void progress(const std::string& text);
  void clear_progress();

 private:
  void pin();

  const Options options_;
  Loop loop_;
  Target target_;
  std::string prefix_, durability_, database_url_;
  std::unique_ptr<PostgresCluster> postgres_;
  std::unique_ptr<ServerProcess> server_;
  pid_t server_pid_ = 0;
  bool terminal_;
  int64_t shown_ns_ = now_ns();
};

// Load that goes on by itself while the loop turns.
struct Steady {
  virtual ~Steady() = default;
  // Does what is due by now; answers when the next thing is due (INT64_MAX: nothing but events).
  virtual int64_t pump(int64_t now) = 0;
  // Forgets what was counted: a run begins.
  virtual void reset() = 0;
  // How many units are done since reset(), for the progress line and to notice a standstill.
  virtual uint64_t done() const = 0;
  virtual void report(Result& result, double seconds) = 0;
};

struct Window {
  double warmup, seconds;
  int runs;
  explicit Window(const Options& o) : warmup(o.warmup), seconds(o.seconds), runs(o.runs) {}
};

// Warm-up, then the runs; adds what the load reports and what the server and the generator used.
void measure(Bench& bench, Steady& load, Result& result, const Window& window);
inline void measure(Bench& bench, Steady& load, Result& result) {
  measure(bench, load, result, Window(bench.options()));
}

// Turns the loop until `finished` or until `seconds` are over, which fails the run.
template <class F>
void run_until(Bench& bench, Steady* load, double seconds, const char* what, F finished);

}  // namespace aiim::bench

#include "failure.h"

template <class F>
void aiim::bench::run_until(Bench& bench, Steady* load, double seconds, const char* what, F finished) {
  int64_t deadline = now_ns() + static_cast<int64_t>(seconds * 1e9);
  while (!finished()) {
    int64_t now = now_ns();
    if (now > deadline) fail("not done within {:.0f} s: {}", seconds, what);
    int64_t due = load ? load->pump(now) : INT64_MAX;
    bench.loop().turn(std::min(due, now + second_ns / 10));
  }
}
