// Server life and the measuring window.
#include "bench.h"

#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "server_metrics.h"

namespace aiim::bench {
namespace {

constexpr double standstill_seconds = 10;
constexpr double generator_bound = 0.9;
constexpr int64_t log_pause_ns = 10 * second_ns;
constexpr double after_pause_seconds = 0.1;  // what fell due while /metrics was read leaves before the run begins

// Every thread of it: affinity is a thread's, and those that exist do not follow the first one's.
void pin_to(pid_t pid, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), ignored))
    sched_setaffinity(std::stoi(task.path().filename()), sizeof set, &set);
}

void raise_descriptor_limit() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Bench::Bench(const Options& options) : options_(options), terminal_(isatty(2)) {
  raise_descriptor_limit();  // inherited by the spawned server
  uint32_t random;
  if (getrandom(&random, sizeof random, 0) != sizeof random) fail("getrandom failed");
  prefix_ = fmt::format("b{:08x}", random);
}

void Bench::start_server(std::vector<std::pair<std::string, std::string>> environment) {
  stop_server();
  if (!options_.url.empty()) {
    target_ = parse_url(options_.url, options_.secret);
    server_pid_ = options_.server_pid;
    durability_ = options_.database.empty() ? "of the running server" : postgres_durability(options_.database);
    database_url_ = options_.database;
    return;
  }
  if (options_.spawn.empty()) fail("no server: give --url or --spawn");
  database_url_ = options_.database;
  durability_ = "sqlite WAL, synchronous=FULL";
  unsetenv("DATABASE_URL");
  unsetenv("REDIS_URL");
  if (options_.postgres) {
    database_url_ = fresh_database();
  }
  if (!database_url_.empty()) {
    environment.emplace_back("DATABASE_URL", database_url_);
    durability_ = postgres_durability(database_url_);
  }
  progress("starting the server");
  server_ = std::make_unique<ServerProcess>(options_.spawn, options_.secret, std::move(environment));
  target_ = server_->target();
  server_pid_ = server_->pid();
  pin();
  if (options_.verbose)
    fmt::print(stderr, "server pid {}, port {}, data {}\n", server_->pid(), target_.port, server_->data_directory());
}

void Bench::restart_server() {
  server_->restart();
  server_pid_ = server_->pid();
  pin();
}

std::string Bench::fresh_database() {
  if (!postgres_) {
    progress("starting PostgreSQL");
    postgres_ = std::make_unique<PostgresCluster>();
  }
  return postgres_->create_database();
}

void Bench::stop_server() {
  server_.reset();
  server_pid_ = 0;
}

void Bench::pin() {
  if (!options_.pin || server_pid_ <= 0) return;
  pin_to(server_pid_, 0);
  pin_to(getpid(), 1);
}

void Bench::use(const Target& target, std::string durability, pid_t pid) {
  stop_server();
  target_ = target;
  durability_ = std::move(durability);
  server_pid_ = pid;
  pin();
}

ProcessUsage Bench::server_usage() const { return usage_of(server_pid_); }
ProcessUsage Bench::database_usage() const { return postgres_ ? usage_of(postgres_->pid(), true) : ProcessUsage(); }

std::string Bench::user(size_t number) const { return fmt::format("{}-{}", prefix_, number); }

void Bench::progress(const std::string& text) {
  if (terminal_) return fmt::print(stderr, "\r\033[K{}", text);
  if (!options_.verbose && now_ns() - shown_ns_ < log_pause_ns) return;
  fmt::print(stderr, "{}\n", text);
  shown_ns_ = now_ns();
}

void Bench::clear_progress() {
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

namespace {

// One stretch of load; fails when nothing gets done for ten seconds.
double stretch(Bench& bench, Steady& load, double seconds, const std::string& name) {
  int64_t start = now_ns(), end = start + static_cast<int64_t>(seconds * 1e9);
  int64_t shown = start, moved = start;
  uint64_t shown_done = load.done(), moved_done = shown_done;
  for (int64_t now = start; now < end; now = now_ns()) {
    if (uint64_t done = load.done(); done != moved_done) {
      moved_done = done;
      moved = now;
    }
    if (static_cast<double>(now - moved) > standstill_seconds * 1e9)
      fail("nothing was completed for {} s", standstill_seconds);
    if (now - shown > second_ns / 2) {
      bench.progress(
          fmt::format("{}  {:.0f}/s", name,
                      static_cast<double>(load.done() - shown_done) * 1e9 / static_cast<double>(now - shown)));
      shown = now;
      shown_done = load.done();
    }
    bench.loop().turn(std::min({load.pump(now), end, now + second_ns / 4}));
  }
  return static_cast<double>(now_ns() - start) / 1e9;
}

}  // namespace

void measure(Bench& bench, Steady& load, Result& result, const Window& window) {
  stretch(bench, load, window.warmup, result.label() + "  warm-up");
  double busiest = 0;
  int64_t dropped = dropped_packets();
  for (int run = 1; run <= window.runs; run++) {
    CommitCounts counts = read_commit_counts(bench);
    stretch(bench, load, after_pause_seconds, result.label());
    load.reset();
    ProcessUsage server = bench.server_usage(), database = bench.database_usage();
    double own = own_cpu_s();
    double seconds =
        stretch(bench, load, window.seconds, fmt::format("{}  run {}/{}", result.label(), run, window.runs));
    own = own_cpu_s() - own;
    load.report(result, seconds);
    ProcessUsage server_after = bench.server_usage(), database_after = bench.database_usage();
    if (CommitCounts after = read_commit_counts(bench); after.commits > counts.commits) {
      result.add("commits", "/s", Better::none,
                 (after.commits - counts.commits) * 1e9 / static_cast<double>(after.at_ns - counts.at_ns));
      if (after.jobs > 0)
        result.add("mean batch", "", Better::none, (after.jobs - counts.jobs) / (after.commits - counts.commits));
    }
    if (server_after.rss_kib) {
      result.add("server CPU", "s/s", Better::none, (server_after.cpu_s - server.cpu_s) / seconds);
      double cpu_s = std::max(server_after.cpu_s - server.cpu_s, 0.01);
      result.add("per server CPU-second", "", Better::higher, static_cast<double>(load.done()) / cpu_s);
      result.add("server RSS", "MiB", Better::none, static_cast<double>(server_after.rss_kib) / 1024);
    }
    if (database_after.rss_kib)
      result.add("database CPU", "s/s", Better::none, (database_after.cpu_s - database.cpu_s) / seconds);
    result.add("generator CPU", "s/s", Better::none, own / seconds);
    busiest = std::max(busiest, own / seconds);
  }
  if (busiest > generator_bound) result.note = "generator-bound";
  if (dropped = dropped_packets() - dropped; dropped > 0)
    result.note += fmt::format("{}the kernel dropped {} packets (net.core.netdev_max_backlog)",
                               result.note.empty() ? "" : "; ", dropped);
}

}  // namespace aiim::bench
