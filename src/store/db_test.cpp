// Both drivers behind one interface: values, transactions, errors, deadlines.
#include "store/db.h"

#include <set>

#include "store/test_db.h"

namespace aiim {
namespace {

const Statement create_values("test.values.create",
                              "CREATE TABLE \"values\" (id BIGINT NOT NULL PRIMARY KEY, number BIGINT, flag BOOLEAN, "
                              "real DOUBLE PRECISION, words TEXT)");
const Statement insert_value("test.values.insert",
                             "INSERT INTO \"values\" (words, id, number, flag, real) VALUES ($5, $1, $2, $3, $4)");
const Statement select_value("test.values.select", "SELECT number, flag, real, words FROM \"values\" WHERE id = $1");
const Statement count_values("test.values.count", "SELECT COUNT(*) FROM \"values\" WHERE id <> $1");
const Statement update_values("test.values.update", "UPDATE \"values\" SET number = $1 WHERE id >= $2");
const Statement return_values("test.values.return",
                              "UPDATE \"values\" SET flag = $2 WHERE id = $1 AND flag = $3 RETURNING id, flag");
const Statement broken("test.broken", "SELECT nothing FROM nowhere WHERE id = $1");
const Statement insert_append("test.stream_appends.insert",
                              "INSERT INTO stream_appends (tenant_id, stream_id, n, ops, bytes, created_at) "
                              "VALUES ('t', $1, 1, $2, 0, $3)");
const Statement select_append("test.stream_appends.select",
                              "SELECT ops, created_at FROM stream_appends WHERE tenant_id = 't' AND stream_id = $1");
const Statement select_earlier("test.stream_appends.earlier",
                               "SELECT stream_id FROM stream_appends WHERE tenant_id = 't' AND created_at < $1 "
                               "ORDER BY created_at");
const Statement sleep_postgres("test.sleep", "SELECT pg_sleep($1)", DbKind::postgres);
const Statement busy_sqlite("test.busy",
                            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) "
                            "SELECT COUNT(*) FROM n WHERE i > $1",
                            DbKind::sqlite);
const Statement backend_pid("test.pid", "SELECT pg_backend_pid()", DbKind::postgres);
const Statement terminate("test.terminate", "SELECT pg_terminate_backend(CAST($1 AS INTEGER))", DbKind::postgres);

class DriverTest : public DbTest {
 protected:
  void SetUp() override {
    db_ = open();
    ASSERT_TRUE(db_->run(create_values));
  }
  std::int64_t count(Db& db) {
    std::int64_t n = -1;
    EXPECT_TRUE(db.run(count_values, {0}, [&](const Row& row) { n = row.integer(0); }));
    return n;
  }
  void insert(Db& db, std::int64_t id) { ASSERT_TRUE(db.run(insert_value, {id, id, true, 0.5, "w"})); }

  std::unique_ptr<Db> db_;
};

TEST_P(DriverTest, values_come_back_as_they_went_in_whatever_the_order_of_the_parameters) {
  std::string words = "zwölf 𝒳 'quoted' \\ \"double\" \n end";
  auto inserted = db_->run(insert_value, {7, INT64_C(-9007199254740993), true, 0.1, words});
  ASSERT_TRUE(inserted);
  EXPECT_EQ(*inserted, 1);
  auto rows = db_->run(select_value, {7}, [&](const Row& row) {
    EXPECT_EQ(row.integer(0), INT64_C(-9007199254740993));
    EXPECT_TRUE(row.boolean(1));
    EXPECT_EQ(row.string(3), words);
    EXPECT_FALSE(row.is_null(2));
    EXPECT_EQ(row.optional_integer(0), INT64_C(-9007199254740993));
  });
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, 1);
}

TEST_P(DriverTest, nulls_are_nulls_and_the_empty_text_is_not) {
  std::optional<std::string> none;
  ASSERT_TRUE(db_->run(insert_value, {1, nullptr, std::nullopt, nullptr, none}));
  ASSERT_TRUE(db_->run(insert_value, {2, 0, false, 0.0, std::string_view()}));
  ASSERT_TRUE(db_->run(select_value, {1}, [](const Row& row) {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(row.is_null(i)) << i;
    EXPECT_EQ(row.text(3), "");
    EXPECT_EQ(row.optional_string(3), std::nullopt);
  }));
  ASSERT_TRUE(db_->run(select_value, {2}, [](const Row& row) {
    EXPECT_FALSE(row.boolean(1));
    EXPECT_EQ(row.optional_string(3), "");
  }));
}

TEST_P(DriverTest, times_keep_their_milliseconds_and_their_order) {
  RawJson ops;
  for (std::int64_t ms : {1, 999, 1000, 100, 10}) {
    ASSERT_TRUE(db_->run(insert_append, {"s" + std::to_string(ms), ops, test_start + ms}));
  }
  ASSERT_TRUE(db_->run(select_append, {"s999"}, [](const Row& row) { EXPECT_EQ(row.time(1), test_start + 999); }));
  std::string order;
  ASSERT_TRUE(db_->run(select_earlier, {test_start + 1000}, [&](const Row& row) { order += row.string(0) + " "; }));
  EXPECT_EQ(order, "s1 s10 s100 s999 ");
}

TEST_P(DriverTest, json_comes_back_minified_with_sorted_keys) {
  RawJson ops{R"({"aa":[1,2.5,"x y",null,{"a":true,"b":{}}],"b":"\"\\é𝒳","c":1e3})"};
  ASSERT_TRUE(db_->run(insert_append, {"s", ops, test_start}));
  ASSERT_TRUE(db_->run(select_append, {"s"}, [&](const Row& row) {
    std::string expected = ops.text;
    if (!sqlite()) expected.replace(expected.find("1e3"), 3, "1000");  // JSONB's numbers
    EXPECT_EQ(row.text(0), expected);
    EXPECT_EQ(row.text(0), expected) << "twice";
  }));
}

TEST_P(DriverTest, run_counts_rows_returned_or_changed) {
  for (int i = 1; i <= 3; ++i) insert(*db_, i);
  EXPECT_EQ(*db_->run(update_values, {9, 2}), 2);
  EXPECT_EQ(*db_->run(update_values, {9, 4}), 0);
  int seen = 0;
  EXPECT_EQ(*db_->run(return_values, {1, false, true}, [&](const Row& row) { seen += row.boolean(1) ? 2 : 1; }), 1);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(*db_->run(return_values, {1, false, true}), 0);
}

TEST_P(DriverTest, a_violated_constraint_is_a_conflict_and_other_failures_are_internal) {
  insert(*db_, 1);
  auto again = db_->run(insert_value, {1, 1, true, 0.5, "w"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  auto nonsense = db_->run(broken, {1});
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().code, ErrorCode::internal);
  EXPECT_EQ(nonsense.error().detail, "");
  EXPECT_TRUE(db_->usable());
  EXPECT_EQ(count(*db_), 1);
}

TEST_P(DriverTest, a_rolled_back_transaction_leaves_nothing_and_a_committed_one_all) {
  ASSERT_TRUE(db_->begin_write(test_start));
  insert(*db_, 1);
  db_->rollback();
  EXPECT_EQ(count(*db_), 0);
  ASSERT_TRUE(db_->begin_write(test_start));
  insert(*db_, 2);
  ASSERT_TRUE(db_->commit());
  EXPECT_EQ(count(*open()), 1);
}

TEST_P(DriverTest, a_savepoint_undoes_its_own_job_alone_even_after_an_error) {
  ASSERT_TRUE(db_->begin_write(test_start));
  ASSERT_TRUE(db_->savepoint());
  insert(*db_, 1);
  ASSERT_TRUE(db_->release_savepoint());
  ASSERT_TRUE(db_->savepoint());
  insert(*db_, 2);
  EXPECT_FALSE(db_->run(insert_value, {1, 1, true, 0.5, "w"}));
  ASSERT_TRUE(db_->rollback_to_savepoint());
  ASSERT_TRUE(db_->savepoint());
  ASSERT_TRUE(db_->release_savepoint());
  ASSERT_TRUE(db_->savepoint());
  ASSERT_TRUE(db_->rollback_to_savepoint());
  ASSERT_TRUE(db_->savepoint());
  insert(*db_, 3);
  ASSERT_TRUE(db_->release_savepoint());
  ASSERT_TRUE(db_->commit());
  EXPECT_EQ(count(*db_), 2);
}

TEST_P(DriverTest, a_transaction_that_failed_cannot_commit_on_postgresql) {
  if (sqlite()) GTEST_SKIP() << "SQLite undoes the statement alone";
  ASSERT_TRUE(db_->begin_write(test_start));
  insert(*db_, 1);
  EXPECT_FALSE(db_->run(insert_value, {1, 1, true, 0.5, "w"}));
  EXPECT_FALSE(db_->commit());
  db_->rollback();
  EXPECT_EQ(count(*db_), 0);
}

TEST_P(DriverTest, a_read_transaction_has_one_snapshot_and_writes_nothing) {
  auto reader = open();
  ASSERT_TRUE(reader->begin_read());
  EXPECT_EQ(count(*reader), 0);
  insert(*db_, 1);
  EXPECT_EQ(count(*reader), 0);
  EXPECT_FALSE(reader->run(insert_value, {2, 1, true, 0.5, "w"}));
  reader->rollback();
  ASSERT_TRUE(reader->begin_read());
  EXPECT_EQ(count(*reader), 1);
  ASSERT_TRUE(reader->commit());
  ASSERT_TRUE(reader->begin_read());
  ASSERT_TRUE(reader->commit());
  ASSERT_TRUE(reader->begin_write(test_start));
  insert(*reader, 3);
  ASSERT_TRUE(reader->commit());
  EXPECT_EQ(count(*db_), 2);
}

TEST_P(DriverTest, the_time_of_transactions_never_goes_back) {
  auto first = db_->begin_write(test_start + 1000);
  ASSERT_TRUE(first);
  if (sqlite()) {
    EXPECT_EQ(*first, test_start + 1000);
  }
  ASSERT_TRUE(db_->commit());
  auto other = open();
  auto second = other->begin_write(test_start);
  ASSERT_TRUE(second);
  EXPECT_GE(*second, *first);
  other->rollback();
  auto third = other->begin_write(test_start + 2000);
  ASSERT_TRUE(third);
  EXPECT_GE(*third, *first);
  if (sqlite()) {
    EXPECT_EQ(*third, test_start + 2000);
  }
  other->rollback();
}

TEST_P(DriverTest, a_statement_that_takes_too_long_is_given_up) {
  auto db = open(200);
  auto start = steady_ms();
  auto done = sqlite() ? db->run(busy_sqlite, {0}) : db->run(sleep_postgres, {30.0});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
  EXPECT_LT(steady_ms() - start, 5000);
  EXPECT_TRUE(db->usable());
  EXPECT_EQ(count(*db), 0);
}

TEST_P(DriverTest, a_lost_connection_is_unavailable_and_unusable) {
  if (sqlite()) GTEST_SKIP() << "has no server";
  auto victim = open();
  std::int64_t pid = 0;
  ASSERT_TRUE(victim->run(backend_pid, {}, [&](const Row& row) { pid = row.integer(0); }));
  ASSERT_TRUE(victim->begin_write(test_start));
  ASSERT_TRUE(db_->run(terminate, {pid}));
  auto done = victim->run(count_values, {0});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(victim->usable());
  EXPECT_FALSE(victim->commit());
  victim->rollback();
  EXPECT_FALSE(victim->begin_write(test_start));
  EXPECT_FALSE(victim->begin_read());
}

TEST_P(DriverTest, a_server_that_hangs_costs_the_deadline_and_no_more) {
  if (sqlite() || PostgresCluster::instance().pid() == 0) GTEST_SKIP() << "needs a server of its own";
  auto db = open(200);
  std::int64_t pid = 0;
  ASSERT_TRUE(db->run(backend_pid, {}, [&](const Row& row) { pid = row.integer(0); }));
  kill(static_cast<pid_t>(pid), SIGSTOP);
  auto start = steady_ms();
  auto done = db->run(count_values, {0});
  kill(static_cast<pid_t>(pid), SIGCONT);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(db->usable());
  EXPECT_LT(steady_ms() - start, 4000);
}

INSTANTIATE_ON_BOTH(DriverTest);

TEST(OpenDb, says_in_one_line_why_it_cannot) {
  DbTarget nowhere{DbKind::sqlite, "/nonexistent/aiim.db", "", 5000};
  auto none = open_db(nowhere);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().detail, "cannot open the database file: No such file or directory");
  TestDir dir;
  std::ofstream(dir.path() + "/aiim.db") << std::string(8192, 'x');
  auto foreign = open_db({DbKind::sqlite, dir.path() + "/aiim.db", "", 5000});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().detail, "cannot use the database file: file is not a database");
  auto refused = open_db({DbKind::postgres, "", "postgresql://aiim:geheim@127.0.0.1:1/aiim", 5000});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail.find('\n'), std::string::npos);
  EXPECT_EQ(refused.error().detail.find("geheim"), std::string::npos);
  EXPECT_NE(refused.error().detail.find("127.0.0.1"), std::string::npos);
}

TEST(DatabaseUrl, names_a_file_or_a_server) {
  auto sqlite = [](std::string_view url) { return parse_database_url(url, "/data")->sqlite_path; };
  EXPECT_EQ(sqlite(""), "/data/aiim.db");
  EXPECT_EQ(sqlite("sqlite:///./im.db"), "./im.db");
  EXPECT_EQ(sqlite("sqlite:///im.db"), "im.db");
  EXPECT_EQ(sqlite("sqlite:////var/lib/im.db"), "/var/lib/im.db");
  EXPECT_EQ(sqlite("sqlite+aiosqlite:///im.db"), "im.db");
  for (auto* url : {"postgresql://u:p@h:5432/d", "postgres://u:p@h:5432/d", "postgresql+psycopg2://u:p@h:5432/d"}) {
    auto target = parse_database_url(url, "/data");
    ASSERT_TRUE(target) << url;
    EXPECT_EQ(target->kind, DbKind::postgres);
    EXPECT_EQ(target->postgres_url, "postgresql://u:p@h:5432/d");
  }
}

TEST(DatabaseUrl, refuses_everything_else_without_repeating_a_password) {
  for (auto* url : {"im.db", "mysql://u:geheim@h/d", "sqlite://im.db", "sqlite:///",
                    "sqlite:///:memory:", "sqlite:///im.db?mode=ro", "postgresql://u:geheim@h:port/d?x"}) {
    auto target = parse_database_url(url, "/data");
    ASSERT_FALSE(target) << url;
    EXPECT_EQ(target.error().code, ErrorCode::invalid_request);
    EXPECT_EQ(target.error().detail.rfind("DATABASE_URL: ", 0), 0u) << target.error().detail;
    EXPECT_EQ(target.error().detail.find("geheim"), std::string::npos);
  }
}

TEST(Statement, has_a_number_of_its_own_and_a_name_that_no_other_has) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < Statement::all().size(); ++i) {
    EXPECT_EQ(Statement::all()[i]->number(), static_cast<int>(i));
    EXPECT_TRUE(names.insert(Statement::all()[i]->name()).second) << Statement::all()[i]->name();
  }
}

}  // namespace
}  // namespace aiim
