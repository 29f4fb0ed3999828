#include "main/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <latch>
#include <memory>

#include "base/log.h"
#include "bus/bus.h"
#include "main/data_dir.h"
#include "main/worker.h"
#include "ops/dispatch.h"
#include "ops/identities.h"
#include "ops/passwords.h"
#include "ops/presence.h"
#include "store/migrate.h"
#include "store/people.h"

namespace aiim {
namespace {

constexpr std::int64_t shutdown_s_max = 15;

Error refuse(const std::string& what) { return Error(ErrorCode::invalid_request, what); }

/// A file descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Makes the data directory and holds it: two servers on one directory would overwrite each other. With DATABASE_URL
/// there need be none: PostgreSQL takes several servers, and a SQLite file has a lock beside it.
Result<Descriptor> hold_data_dir(const std::string& dir) {
  if (dir.empty()) return Descriptor();
  TRY(make_data_dir(dir));
  std::string path = dir + "/aiim.lock";
  Descriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.get() < 0) return refuse("--data-dir " + dir + " is not writable: " + std::strerror(errno));
  if (access(dir.c_str(), W_OK | X_OK) != 0)
    return refuse("--data-dir " + dir + " is not writable: " + std::strerror(errno));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return refuse("--data-dir " + dir + " is in use by another aiim server");
  return lock;
}

/// Binds without SO_REUSEPORT: with it, a second server would quietly share a port that is taken.
Result<> probe_port(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0 || !list) {
    return refuse("AIIM_HOST " + host + " is not an address of this machine");
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, freeaddrinfo);
  Descriptor probe(socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  int yes = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(probe.get(), list->ai_addr, list->ai_addrlen) == 0) return {};
  std::string where = host + ":" + std::to_string(port);
  if (errno == EADDRINUSE)
    return refuse("--port " + std::to_string(port) + " is taken: something else listens on " + where);
  return refuse("--port " + std::to_string(port) + ": cannot listen on " + where + ": " + std::strerror(errno));
}

Result<> prepare_database(const Settings& settings, const ServerHooks& hooks) {
  TRY_AS(db, open_db(settings.database));
  TRY_AS(applied, migrate_up(*db));
  if (applied > 0) log_info("migrated", {{"migrations", applied}});
  TRY(fold_old_users(*db, SystemClock().now()));
  return hooks.prepare ? hooks.prepare(*db) : Result<>();
}

/// Those who are there at the end were seen then. Not worth a failure.
void remember_presence(const Settings& settings, const PresenceBoard& presence, Time now) {
  auto db = open_db(settings.database);
  if (!db || !keep_last_seen(**db, presence, now)) log_warn("last_seen_not_kept");
}

/// As many descriptors as the system allows: each connection needs one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

LogLevel log_level_of(const std::string& name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "warn") return LogLevel::warn;
  if (name == "error") return LogLevel::error;
  if (name == "off") return LogLevel::off;
  return LogLevel::info;
}

void report_certificate(const TlsCertificate& certificate) {
  auto level = certificate.not_after <= SystemClock().now() ? LogLevel::warn : LogLevel::info;
  log(level, "certificate", {{"subject", certificate.subject}, {"expires_at", to_rfc3339(certificate.not_after)}});
}

/// Nothing when the settings name no certificate. One that has expired is served all the same: clients say so.
Result<std::unique_ptr<TlsContext>> open_tls(const Settings& settings) {
  if (settings.tls_cert.empty()) return std::unique_ptr<TlsContext>();
  TRY_AS(tls, TlsContext::open(settings.tls_cert, settings.tls_key));
  report_certificate(tls->certificate());
  return std::move(tls);
}

/// SIGHUP: connections that exist keep their certificate; a bad new one changes nothing.
void reload_certificate(TlsContext* tls) {
  if (!tls) return;
  Result<> done = tls->reload();
  if (done) return report_certificate(tls->certificate());
  log_error("certificate_not_reloaded", {{"error", done.error().detail}, {"in_use", tls->certificate().subject}});
}

/// Waits on the main thread for the end; a second signal, or 15 s, end the process at once.
void wait_for_signal(boost::asio::io_context& io, boost::asio::signal_set& signals, TlsContext* tls) {
  int last = SIGHUP;
  while (last == SIGHUP) {
    last = 0;
    signals.async_wait([&](const boost::system::error_code&, int signal) { last = signal; });
    io.restart();
    while (last == 0) io.run_one();
    if (last == SIGHUP) reload_certificate(tls);
  }
}

void drain(std::vector<std::unique_ptr<Worker>>& workers, std::int64_t deadline_ms) {
  std::latch left(static_cast<std::ptrdiff_t>(workers.size()));
  for (auto& worker : workers) worker->drain(deadline_ms, [&left] { left.count_down(); });
  left.wait();
}

}  // namespace

Result<> run_server(Settings settings, const ServerHooks& hooks) {
  log_setup(log_level_of(settings.log_level), settings.log_json);
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);  // until there is something to reload
  TRY_AS(tls, open_tls(settings));
  TRY_AS(lock, hold_data_dir(settings.data_dir));
  if (auto exposed = exposed_data(settings)) {
    log_warn("data_not_private", {{"path", exposed->path}, {"mode", exposed->mode}, {"remedy", exposed->remedy}});
  }
  TRY(probe_port(settings.host, settings.port));
  TRY(prepare_database(settings, hooks));

  SystemClock clock;
  Metrics metrics;
  prepare_metrics(metrics);
  auto bus = make_local_bus();
  std::vector<std::unique_ptr<Worker>> workers;  // filled before anything can lose events
  StoreOptions options;
  options.target = settings.database;
  options.readers = settings.store_readers;
  options.events_lost = [&workers] {
    for (auto& worker : workers) worker->verify_positions();
  };
  TRY_AS(store, Store::open(std::move(options), clock, metrics,
                            [&bus](EventBatch events) { bus->publish(std::move(events)); }));
  RateLimiter limiter;
  auto outbound = std::make_unique<HttpClient>(HttpClient::Options{.ca_file = settings.outbound_ca_file});
  Identities identities(settings, *outbound, clock);
  auto passwords = std::make_unique<PasswordThread>();
  EdgeState edges(settings);
  edges.tls = std::move(tls);
  PresenceBoard presence(clock, settings.presence_grace_s * 1000);

  // One core is left for the threads of the store: docs/decisions/0024.
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  const int count = settings.workers > 0 ? settings.workers : std::clamp(cores - 1, 1, bus_subscribers_max);
  SharedParts shared{settings, clock, *store, metrics, limiter, identities, *passwords, *bus, edges, presence};
  for (int i = 0; i < count; ++i) workers.push_back(std::make_unique<Worker>(shared, i));
  for (auto& worker : workers) {
    TRY(worker->listen(settings.host, settings.port));
  }
  boost::asio::io_context main_io(1);
  boost::asio::signal_set signals(main_io, SIGTERM, SIGINT, SIGHUP);
  for (auto& worker : workers) worker->start();
  edges.ready = true;
  log_info("serving", {{"version", settings.version},
                       {"host", settings.host},
                       {"port", settings.port},
                       {"tls", edges.tls != nullptr},
                       {"workers", count},
                       {"database", store->kind() == DbKind::sqlite ? "sqlite" : "postgresql"},
                       {"instance_id", settings.instance_id}});
  if (hooks.ready) hooks.ready(settings.port);

  wait_for_signal(main_io, signals, edges.tls.get());
  signals.clear();  // a second signal ends the process by its default action
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGALRM, SIG_DFL);
  alarm(shutdown_s_max);
  log_info("draining", {{"deadline_s", settings.drain_s}});
  edges.draining = true;
  drain(workers, settings.drain_s * 1000);
  for (auto& worker : workers) worker->stop_and_join();
  store.reset();     // finishes what is queued; its jobs point into the workers' coroutines
  outbound.reset();  // those who wait for it are on the workers too
  passwords.reset();
  remember_presence(settings, presence, clock.now());
  workers.clear();  // before what they share
  alarm(0);
  log_info("stopped");
  return {};
}

}  // namespace aiim
