// Every statement of the store is prepared on both databases, and its plan is read: none may go through the whole of a
// table that grows, nor of a tenant's part of it. PostgreSQL shows its generic plan, as the product's connections use
// it (no statistics, sequential scans priced out), so a scan without an index condition is one that nothing could
// avoid.
#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include "store/postgres.h"
#include "store/sqlite.h"
#include "store/test_db.h"

namespace aiim {
namespace {

// Statements that may read a whole table, and why.
const std::map<std::string_view, std::string_view> allowed = {
    {"schema_migrations.select", "one row per migration"},
    {"schema_migrations.exists.sqlite", "SQLite's own list of tables"},
    {"store_clock.move", "one row"},
    {"retention.rules", "at most one row per tenant"},
    {"client_keys.due", "SQLite's own list of tables"},
    {"client_keys.recent_0.select", "once at a start, two generations at most"},
    {"client_keys.recent_1.select", "once at a start, two generations at most"},
    {"client_keys.recent_0.empty", "without a condition: SQLite frees the pages unread"},
    {"client_keys.recent_1.empty", "without a condition: SQLite frees the pages unread"},
    {"retention.off", "the tenant's one row"},
};

// Statements between whose indexes a planner could choose wrongly, and the one that each must go by.
const std::multimap<std::string_view, std::string_view> goes_by = {
    {"select_unchanged_messages", "im_messages_by_seq"},       {"select_changed_messages", "im_messages_changed"},
    {"count_changed_messages", "im_messages_changed"},         {"select_created_rev", "im_messages_by_seq"},
    {"append.judge.postgres", "im_messages_by_client_id"},     {"append.judge.postgres", "im_messages_key"},
    {"append.judge.postgres.one", "im_messages_by_client_id"}, {"append.judge.postgres.one", "im_messages_key"},
    {"append.repeated.sqlite", "im_messages_by_seq"},          {"select_messages_before", "im_messages_by_seq"},
    {"select_messages_after", "im_messages_by_seq"},           {"count_unread_messages", "im_messages_by_seq"},
};

bool of_a_test(const Statement& statement) { return std::string_view(statement.name()).substr(0, 5) == "test."; }

class PlansTest : public DbTest {};

// The whole of EXPLAIN QUERY PLAN.
std::string sqlite_plan(sqlite3* db, const char* sql) {
  std::string plan;
  sqlite3_stmt* explain = nullptr;
  if (sqlite3_prepare_v2(db, (std::string("EXPLAIN QUERY PLAN ") + sql).c_str(), -1, &explain, nullptr) != SQLITE_OK) {
    return sqlite3_errmsg(db);
  }
  while (sqlite3_step(explain) == SQLITE_ROW) {
    plan += std::string(reinterpret_cast<const char*>(sqlite3_column_text(explain, 3))) + "\n";
  }
  sqlite3_finalize(explain);
  return plan;
}

// The lines of EXPLAIN QUERY PLAN that read a table without an index to seek in.
std::vector<std::string> sqlite_scans(sqlite3* db, const char* sql) {
  std::vector<std::string> scans;
  sqlite3_stmt* explain = nullptr;
  if (sqlite3_prepare_v2(db, (std::string("EXPLAIN QUERY PLAN ") + sql).c_str(), -1, &explain, nullptr) != SQLITE_OK) {
    return {sqlite3_errmsg(db)};
  }
  static const std::regex grows(R"(SCAN (\S+))");
  std::map<std::string, bool> derived;
  while (sqlite3_step(explain) == SQLITE_ROW) {
    std::string line(reinterpret_cast<const char*>(sqlite3_column_text(explain, 3)));
    std::smatch match;
    static const std::regex made(R"((MATERIALIZE|CO-ROUTINE) (\S+))");
    if (std::regex_search(line, match, made)) derived[match[2]] = true;
    if (line.find("(tenant_id=?)") != line.npos) scans.push_back(line);  // the whole of a tenant
    if (!std::regex_search(line, match, grows)) continue;
    if (line.find("CONSTANT ROW") != line.npos || line.find("LAST TERM") != line.npos || derived[match[1]]) continue;
    scans.push_back(line);
  }
  sqlite3_finalize(explain);
  return scans;
}

class Postgres {
 public:
  explicit Postgres(const std::string& url) : connection_(PQconnectdb(url.c_str())) {}
  ~Postgres() { PQfinish(connection_); }
  std::string execute(const std::string& sql) {
    PgResult result(PQexec(connection_, sql.c_str()));
    if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) return std::string("ERROR ") + PQerrorMessage(connection_);
    std::string text;
    for (int i = 0; i < PQntuples(result.get()); ++i) text += std::string(PQgetvalue(result.get(), i, 0)) + "\n";
    return text;
  }

 private:
  PGconn* connection_;
};

int parameters_of(const std::string& sql) {
  int highest = 0;
  static const std::regex parameter(R"(\$(\d+))");
  for (std::sregex_iterator at(sql.begin(), sql.end(), parameter), end; at != end; ++at) {
    highest = std::max(highest, std::stoi((*at)[1]));
  }
  return highest;
}

std::string postgres_plan(Postgres& db, const Statement& statement) {
  std::string sql = statement.sql();
  if (auto failed = db.execute("PREPARE plan AS " + sql); failed.rfind("ERROR", 0) == 0) return failed;
  std::string nulls;
  for (int i = parameters_of(sql); i > 0; --i) nulls += i > 1 ? "NULL, " : "NULL";
  auto plan = db.execute("EXPLAIN (COSTS OFF) EXECUTE plan" + (nulls.empty() ? "" : "(" + nulls + ")"));
  db.execute("DEALLOCATE plan");
  return plan;
}

// Scans of tables in a plan's text: sequential ones, and index scans from an index's one end to the other.
std::vector<std::string> postgres_scans(const std::string& plan) {
  std::vector<std::string> scans, lines;
  std::istringstream text(plan);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find("Seq Scan") != std::string::npos) scans.push_back(lines[i]);
    bool index =
        lines[i].find("Index Scan") != std::string::npos || lines[i].find("Index Only Scan") != std::string::npos;
    if (!index) continue;
    auto condition = i + 1 < lines.size() ? lines[i + 1] : "";
    static const std::regex tenant_alone(R"(Index Cond: \(\(?tenant_id = \S+\)$)");
    if (condition.find("Index Cond:") == std::string::npos || std::regex_search(condition, tenant_alone)) {
      scans.push_back(lines[i] + condition);
    }
  }
  return scans;
}

TEST_P(PlansTest, no_statement_scans_a_table_that_grows) {
  std::unique_ptr<Postgres> postgres;
  sqlite3* sqlite_db = nullptr;
  if (sqlite()) {
    ASSERT_EQ(sqlite3_open(database_.target().sqlite_path.c_str(), &sqlite_db), SQLITE_OK);
  } else {
    postgres = std::make_unique<Postgres>(database_.target().postgres_url);
    postgres->execute(postgres_session_setup(5000));
  }
  std::size_t seen = 0;
  for (auto* statement : Statement::all()) {
    if (of_a_test(*statement) || (statement->only() && *statement->only() != GetParam())) continue;
    ++seen;
    auto plan = postgres ? postgres_plan(*postgres, *statement) : sqlite_plan(sqlite_db, statement->sql());
    EXPECT_NE(plan.rfind("ERROR", 0), 0u) << statement->name() << ": " << plan;
    auto scans = postgres ? postgres_scans(plan) : sqlite_scans(sqlite_db, statement->sql());
    bool may = allowed.count(statement->name()) > 0;
    EXPECT_TRUE(may || scans.empty()) << statement->name() << ": " << scans.front() << "\n"
                                      << statement->sql() << "\n"
                                      << plan;
    for (auto [at, end] = goes_by.equal_range(statement->name()); at != end; ++at) {
      EXPECT_NE(plan.find(at->second), plan.npos) << statement->name() << " not by " << at->second << ":\n" << plan;
    }
  }
  sqlite3_close(sqlite_db);
  EXPECT_GT(seen, 50u) << "the store's statements are not linked into this test";
}

INSTANTIATE_ON_BOTH(PlansTest);

TEST(Plans, the_checks_notice_scans) {
  EXPECT_EQ(postgres_scans("Seq Scan on a\n").size(), 1u);
  EXPECT_EQ(postgres_scans("Index Scan using i on a\n  Filter: (x = 1)\n").size(), 1u);
  EXPECT_EQ(postgres_scans("Index Only Scan using i on a\n  Index Cond: (x = 1)\n").size(), 0u);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_exec(db, "CREATE TABLE a (x, y); CREATE INDEX i ON a (x)", nullptr, nullptr, nullptr);
  EXPECT_EQ(sqlite_scans(db, "SELECT * FROM a WHERE y = 1").size(), 1u);
  EXPECT_EQ(sqlite_scans(db, "SELECT x FROM a ORDER BY x").size(), 1u);
  EXPECT_EQ(sqlite_scans(db, "SELECT * FROM a WHERE x = 1").size(), 0u);
  EXPECT_EQ(sqlite_scans(db, "SELECT * FROM (SELECT x FROM a WHERE x = 1 LIMIT 5) AS b").size(), 0u);
  sqlite3_close(db);
}

}  // namespace
}  // namespace aiim
