// Databases for tests: a fresh SQLite file, or a fresh PostgreSQL database on a private cluster that the test process
// starts on first use (as user `postgres` when run by root) and that ends with it. AIIM_TEST_POSTGRES may name a server
// instead (a URL whose user may create databases).
//
//   class AppendTest : public DbTest {};
//   TEST_P(AppendTest, …) { auto db = open(); … }
//   INSTANTIATE_ON_BOTH(AppendTest);
#pragma once
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "store/migrate.h"

namespace aiim {

/// The directory that a test process leaves nothing of.
class TestDir {
 public:
  TestDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "aiim-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~TestDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDir(const TestDir&) = delete;
  TestDir& operator=(const TestDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class PostgresCluster {
 public:
  static PostgresCluster& instance() {
    static PostgresCluster cluster;
    return cluster;
  }

  /// A new database; `migrated`: with the schema, as a copy of a template.
  std::string create(bool migrated) {
    std::string name = "aiim_test_" + std::to_string(getpid()) + "_" + std::to_string(++made_);
    if (migrated && template_.empty()) {
      template_ = "aiim_template_" + std::to_string(getpid());
      execute("CREATE DATABASE " + template_);
      DbTarget target = target_of(template_);
      auto db = open_db(target);
      if (!db || !migrate_up(**db)) throw std::runtime_error("cannot migrate the template database");
    }
    execute("CREATE DATABASE " + name + (migrated ? " TEMPLATE " + template_ : ""));
    return name;
  }
  void drop(const std::string& name) { execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); }

  DbTarget target_of(const std::string& database) const {
    DbTarget target;
    target.kind = DbKind::postgres;
    target.postgres_url = url_;
    auto query = target.postgres_url.find('?');
    auto path = target.postgres_url.find('/', target.postgres_url.find("://") + 3);
    auto rest = query == std::string::npos ? std::string() : target.postgres_url.substr(query);
    target.postgres_url = target.postgres_url.substr(0, std::min(path, query)) + "/" + database + rest;
    return target;
  }
  /// 0: somebody else's server.
  pid_t pid() const { return pid_; }

 private:
  PostgresCluster() {
    if (const char* url = getenv("AIIM_TEST_POSTGRES"); url && *url) {
      url_ = url;
      return;
    }
    start();
  }
  ~PostgresCluster() {
    if (!template_.empty() && pid_ == 0) drop(template_);
    if (pid_ == 0) return;
    kill(pid_, SIGQUIT);
    waitpid(pid_, nullptr, 0);
  }

  static std::string binaries() {
    std::string newest;
    std::error_code none;
    for (auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
      auto bin = entry.path() / "bin";
      if (std::filesystem::exists(bin / "initdb") && bin.string() > newest) newest = bin.string();
    }
    return newest;
  }

  void start() {
    auto bin = binaries();
    if (bin.empty()) throw std::runtime_error("no PostgreSQL server in /usr/lib/postgresql; set AIIM_TEST_POSTGRES");
    dir_ = std::make_unique<TestDir>();
    auto data = dir_->path() + "/data";
    std::vector<std::string> as = {"setpriv"};
    if (getuid() == 0) {  // the server refuses to run as root
      as.insert(as.end(), {"--reuid=postgres", "--regid=postgres", "--clear-groups"});
      if (system(("chown postgres " + dir_->path()).c_str()) != 0) throw std::runtime_error("chown");
    }
    std::string prefix;
    for (auto& word : as) prefix += word + " ";
    auto init = "cd / && " + prefix + bin + "/initdb -D " + data +
                " -U aiim -A trust -E UTF8 --locale=C.UTF-8 --no-sync >" + dir_->path() + "/initdb.log 2>&1";
    if (system(init.c_str()) != 0) throw std::runtime_error("initdb failed");
    std::vector<std::string> command = as;
    command.insert(command.end(), {"--pdeathsig=SIGQUIT", bin + "/postgres", "-D", data, "-k", dir_->path(), "-c",
                                   "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60", "-c",
                                   "shared_buffers=64MB", "-c", "deadlock_timeout=200ms"});
    spawn(command);
    url_ = "postgresql://aiim@/postgres?host=" + dir_->path();
    for (int i = 0; i < 1000; ++i) {
      if (PQping(url_.c_str()) == PQPING_OK) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw std::runtime_error("PostgreSQL did not start");
  }

  void spawn(std::vector<std::string>& command) {
    std::vector<char*> arguments;
    for (auto& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    auto log = dir_->path() + "/server.log";
    pid_ = fork();
    if (pid_ != 0) return;
    setsid();
    if (!freopen(log.c_str(), "w", stderr) || !freopen("/dev/null", "w", stdout)) _exit(126);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }

  void execute(const std::string& sql) {
    PGconn* connection = PQconnectdb(url_.c_str());
    PGresult* result = PQexec(connection, sql.c_str());
    std::string why = PQresultStatus(result) == PGRES_COMMAND_OK ? "" : PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (!why.empty()) throw std::runtime_error(why);
  }

  std::unique_ptr<TestDir> dir_;
  std::string url_;
  std::string template_;
  pid_t pid_ = 0;
  int made_ = 0;
};

/// One database for one test.
class TestDb {
 public:
  explicit TestDb(DbKind kind, bool migrated = true) {
    if (kind == DbKind::sqlite) {
      dir_ = std::make_unique<TestDir>();
      target_.sqlite_path = dir_->path() + "/aiim.db";
      if (migrated && !migrate_up(*open())) throw std::runtime_error("cannot migrate");
    } else {
      name_ = PostgresCluster::instance().create(migrated);
      target_ = PostgresCluster::instance().target_of(name_);
    }
  }
  ~TestDb() {
    if (!name_.empty()) PostgresCluster::instance().drop(name_);
  }
  TestDb(const TestDb&) = delete;
  TestDb& operator=(const TestDb&) = delete;

  const DbTarget& target() const { return target_; }
  /// Another connection.
  std::unique_ptr<Db> open(std::int64_t query_timeout_ms = 5000) const {
    auto target = target_;
    target.query_timeout_ms = query_timeout_ms;
    auto db = open_db(target);
    if (!db) throw std::runtime_error(db.error().detail);
    return std::move(*db);
  }

 private:
  std::unique_ptr<TestDir> dir_;
  std::string name_;
  DbTarget target_;
};

/// Each test on each database.
class DbTest : public testing::TestWithParam<DbKind> {
 protected:
  std::unique_ptr<Db> open(std::int64_t query_timeout_ms = 5000) { return database_.open(query_timeout_ms); }
  bool sqlite() const { return GetParam() == DbKind::sqlite; }
  TestDb database_{GetParam()};
};

inline std::string db_kind_name(const testing::TestParamInfo<DbKind>& kind) {
  return kind.param == DbKind::sqlite ? "SQLite" : "PostgreSQL";
}

#define INSTANTIATE_ON_BOTH(suite) \
  INSTANTIATE_TEST_SUITE_P(Both, suite, testing::Values(DbKind::sqlite, DbKind::postgres), db_kind_name)

// ---- what most tests need in the database ----

constexpr Time test_start{1'795'000'000'000};  // 2026-11-18

inline const Statement test_insert_conversation(
    "test.conversations.insert",
    "INSERT INTO conversations (conversation_id, type, tenant_id, created_at, updated_at, epoch, member_count) "
    "VALUES ($1, 'group', $2, $3, $3, 'e1', $4)");
inline const Statement test_insert_member(
    "test.members.insert",
    "INSERT INTO conversation_members (tenant_id, conversation_id, user_id, joined_at, joined_rev, rev, "
    "membership_rev, own_updated_at) VALUES ($1, $2, $3, $4, 0, 0, 0, $4)");

/// A group with these members, at seq 0 and rev 0.
inline void add_conversation(Db& db, std::string_view id, const std::vector<std::string>& members,
                             std::string_view tenant = "t") {
  auto now = db.begin_write(test_start);
  ASSERT_TRUE(now);
  ASSERT_TRUE(db.run(test_insert_conversation, {id, tenant, *now, static_cast<std::int64_t>(members.size())}));
  for (auto& member : members) ASSERT_TRUE(db.run(test_insert_member, {tenant, id, member, *now}));
  ASSERT_TRUE(db.commit());
}

}  // namespace aiim
