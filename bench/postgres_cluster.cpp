// initdb and postgres run as user postgres when the bench is root (they refuse root); both die with the bench.
#include "postgres_cluster.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#include "failure.h"
#include "server_process.h"

namespace aiim::bench {
namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::string newest_bin() {
  std::string best;
  int version = 0;
  std::error_code none;
  for (auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    int found = atoi(entry.path().filename().c_str());
    if (found > version && std::filesystem::exists(entry.path() / "bin/initdb")) {
      version = found;
      best = entry.path() / "bin";
    }
  }
  if (best.empty()) fail("--postgres: no PostgreSQL under /usr/lib/postgresql (apt install postgresql)");
  return best;
}

pid_t launch(std::vector<std::string> arguments, const std::string& log) {
  pid_t pid = fork();
  if (pid < 0) fail("fork: {}", strerror(errno));
  if (pid > 0) return pid;
  if (getuid() == 0) {
    passwd* user = getpwnam("postgres");
    if (!user || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) _exit(126);
  }
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(fd, 1);
  dup2(fd, 2);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

PostgresCluster::PostgresCluster() : directory_(make_directory("aiim-bench-pg")), bin_(newest_bin()) {
  try {
    initialize();
    start();
  } catch (...) {
    if (pid_ > 0) kill(pid_, SIGQUIT), waitpid(pid_, nullptr, 0);
    remove_directory(directory_);
    throw;
  }
}

void PostgresCluster::initialize() {
  if (getuid() == 0) {
    passwd* user = getpwnam("postgres");
    if (!user || chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) fail("--postgres: no user postgres");
  }
  pid_t pid =
      launch({bin_ + "/initdb", "-D", directory_ + "/data", "-U", "aiim", "-A", "trust", "-E", "UTF8", "--locale=C"},
             directory_ + "/log");
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) fail("initdb failed, see {}/log", directory_);
}

void PostgresCluster::start() {
  port_ = free_port();
  pid_ = launch({bin_ + "/postgres", "-D", directory_ + "/data", "-p", std::to_string(port_), "-k", directory_, "-c",
                 "listen_addresses=127.0.0.1"},
                directory_ + "/log");
  std::string url = fmt::format("postgresql://aiim@127.0.0.1:{}/postgres", port_);
  for (int i = 0; i < 300; i++, usleep(50'000))
    if (PQping(url.c_str()) == PQPING_OK) return;
  fail("PostgreSQL is not ready after 15 s, see {}/log", directory_);
}

PostgresCluster::~PostgresCluster() {
  if (pid_ > 0) {
    kill(pid_, SIGINT);  // a fast shutdown
    waitpid(pid_, nullptr, 0);
  }
  remove_directory(directory_);
}

std::string PostgresCluster::create_database() {
  std::string base = fmt::format("postgresql://aiim@127.0.0.1:{}/", port_);
  std::string name = fmt::format("bench{}", ++databases_);
  Connection connection(PQconnectdb((base + "postgres").c_str()), PQfinish);
  Answer answer(PQexec(connection.get(), ("CREATE DATABASE " + name).c_str()), PQclear);
  if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) fail("CREATE DATABASE: {}", PQerrorMessage(connection.get()));
  return base + name;
}

std::string postgres_durability(const std::string& url) {
  Connection connection(PQconnectdb(url.c_str()), PQfinish);
  Answer answer(PQexec(connection.get(),
                       "SELECT current_setting('server_version'), current_setting('synchronous_commit'), "
                       "current_setting('fsync')"),
                PQclear);
  if (PQresultStatus(answer.get()) != PGRES_TUPLES_OK) return "postgresql, unknown";
  auto cell = [&](int i) { return PQgetvalue(answer.get(), 0, i); };
  return fmt::format("postgresql {}, synchronous_commit={}, fsync={}", atoi(cell(0)), cell(1), cell(2));
}

}  // namespace aiim::bench
