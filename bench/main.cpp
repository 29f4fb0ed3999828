// aiim-bench: the command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "failure.h"
#include "report.h"
#include "workload.h"

namespace aiim::bench {
namespace {

const char* default_secret = "aiim-bench-secret-of-at-least-32-bytes";

std::string workload_list() {
  std::string text = "Workloads:\n";
  for (const Workload& workload : workloads()) text += fmt::format("  {:<14} {}\n", workload.name, workload.summary);
  return text +
         "\nExit code: 0 good, 1 a wrong or missing answer, 2 bad usage, 3 worse than --compare allows (with "
         "--strict).";
}

void add_list(CLI::App& app, const char* flag, std::vector<int64_t>& list, const char* text) {
  app.add_option(flag, list, text)->delimiter(',')->check(CLI::Range(int64_t{1}, int64_t{100'000'000}));
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("workload", options.workloads, "what to run, in this order")->required();
  app.add_option("--url", options.url, "a running server, http://127.0.0.1:8083");
  app.add_option("--spawn", options.spawn, "the command that starts a fresh server for each case, 'build/aiim serve'");
  app.add_option("--database", options.database, "DATABASE_URL of the spawned server (not emptied between cases)");
  app.add_flag("--postgres", options.postgres, "spawn a private PostgreSQL cluster and use it");
  app.add_option("--secret", options.secret,
                 "the server's JWT_SECRET (default: the environment's, else one of the bench's own)");
  app.add_option("--server-pid", options.server_pid, "the process to measure with --url");
  app.add_option("--seconds", options.seconds, "length of a run")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  app.add_option("--warmup", options.warmup, "seconds before the first run")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "runs per case; the median counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_flag("--pin", options.pin, "server on core 0, generator on core 1");
  app.add_option("--json", options.json, "write the results here");
  app.add_option("--compare", options.compare, "results of an earlier --json to compare with");
  app.add_option("--tolerance", options.tolerance_percent, "percent by which a figure may be worse")
      ->capture_default_str();
  app.add_flag("--strict", options.strict, "exit with 3 when --compare finds something worse");
  app.add_flag("-v,--verbose", options.verbose, "progress without a terminal, and the server's pid and directory");
  add_list(app, "--pairs", options.pairs, "pairs of users");
  add_list(app, "--depth", options.depth, "messages under way per pair or session");
  add_list(app, "--rate", options.rate, "messages per second of an open loop");
  add_list(app, "--members", options.members, "members of a room");
  add_list(app, "--window", options.window, "messages under way in a room");
  add_list(app, "--sessions", options.sessions, "sessions or connections");
  add_list(app, "--messages", options.messages, "messages of a seeded conversation");
  add_list(app, "--streams", options.streams, "streams that are written at once");
  add_list(app, "--viewers", options.viewers, "viewers of each stream");
  add_list(app, "--workers", options.workers, "workers of the spawned server (AIIM_WORKERS)");
  add_list(app, "--batch", options.batch, "rows per commit of the bare databases");
  app.add_flag("--receipts", options.receipts, "pair-closed: each delivery is answered with mark_delivered");
  app.add_option("--client-ids", options.client_ids, "pairs: how the client_msg_id of one message follows another's")
      ->check(CLI::IsMember({"ordered", "random"}))
      ->capture_default_str();
  app.add_option("--text-bytes", options.text_bytes, "length of a message's text")
      ->check(CLI::Range(40, 100'000))
      ->capture_default_str();
}

std::vector<Case> choose(const Options& options) {
  std::vector<Case> cases;
  for (const std::string& name : options.workloads) {
    bool found = false;
    for (const Workload& workload : workloads()) {
      if (workload.name != name) continue;
      found = true;
      std::vector<Case> own = workload.cases(options);
      if (name != "growth" && name != "limit" && name != "short") own = with_workers(own, options);
      for (Case& one : own) cases.push_back(std::move(one));
    }
    if (!found) throw CLI::ValidationError(fmt::format("unknown workload '{}'\n\n{}", name, workload_list()));
  }
  return cases;
}

int run(const Options& options, const std::vector<Case>& cases, const std::string& command) {
  Bench bench(options);
  std::vector<Result> results;
  size_t failed = 0;
  for (const Case& one : cases) {
    Result result{.workload = one.workload, .params = one.params};
    try {
      if (one.needs_server) bench.start_server(one.environment);
      one.run(bench, result);
      result.durability = bench.durability();
      bench.clear_progress();
      print_table(result);
      results.push_back(std::move(result));
    } catch (const Failure& failure) {
      bench.clear_progress();
      failed++;
      fmt::print("\n{}\n  FAILED: {}\n", result.label(), failure.what());
      if (bench.server() && !bench.server()->running())
        fmt::print("  the server ended: {}\n", bench.server()->log_tail());
      fflush(stdout);
    }
    bench.stop_server();
  }
  add_ratios(results);
  if (failed) fmt::print("\nFAILED: {} of {} cases\n", failed, cases.size());
  if (!options.json.empty()) write_json(options.json, results, command);
  int worse = options.compare.empty() ? 0 : compare(options.compare, results, options.tolerance_percent);
  return failed ? 1 : worse && options.strict ? 3 : 0;
}

}  // namespace
}  // namespace aiim::bench

int main(int argc, char** argv) {
  using namespace aiim::bench;
  Options options;
  CLI::App app("Load generator of AIIM: measures, and checks what it receives.", "aiim-bench");
  add_options(app, options);
  app.footer(workload_list());
  std::string command;
  for (int i = 0; i < argc; i++) command += (i ? " " : "") + std::string(argv[i]);
  try {
    app.parse(argc, argv);
    options.seconds_given = app.count("--seconds") > 0;
    if (options.secret.empty()) options.secret = getenv("JWT_SECRET") ? getenv("JWT_SECRET") : default_secret;
    return run(options, choose(options), command);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "aiim-bench: {}\n", error.what());
    return 1;
  }
}
