#include "store/migrate.h"

#include <array>
#include <thread>

#include "store/test_db.h"

namespace aiim {
namespace {

const Statement insert_pet("test.pets.insert", "INSERT INTO pets (name, born, traits) VALUES ($1, $2, $3)");
const Statement select_pets("test.pets.select", "SELECT id, name, born, traits FROM pets ORDER BY id");

constexpr Migration create_pets{
    1, "001_pets",
    "CREATE TABLE pets (id {{identity}}, name TEXT NOT NULL, born {{timestamp}} NOT NULL, traits {{json}} NOT NULL);"};
constexpr Migration name_pets{2, "002_names", "CREATE UNIQUE INDEX pets_by_name ON pets (name);"};

class MigrateTest : public testing::TestWithParam<DbKind> {
 protected:
  TestDb database_{GetParam(), false};
  std::unique_ptr<Db> db_ = database_.open();
};

TEST_P(MigrateTest, brings_a_fresh_database_to_the_newest_schema_once) {
  auto before = migrate_status(*db_);
  ASSERT_TRUE(before);
  ASSERT_EQ(before->size(), migrations().size());
  for (auto& state : *before) EXPECT_FALSE(state.applied_at);
  EXPECT_EQ(migrate_up(*db_).value(), static_cast<int>(migrations().size()));
  EXPECT_EQ(migrate_up(*db_).value(), 0);
  auto after = migrate_status(*db_);
  ASSERT_TRUE(after);
  for (auto& state : *after) EXPECT_TRUE(state.applied_at) << state.name;
}

TEST_P(MigrateTest, substitutes_each_database_s_own_types) {
  ASSERT_TRUE(migrate_up(*db_, std::array{create_pets}));
  RawJson traits{R"({"a":1,"bb":2})"};
  ASSERT_TRUE(db_->run(insert_pet, {"rex", test_start, traits}));
  ASSERT_TRUE(db_->run(insert_pet, {"bello", test_start, traits}));
  std::vector<std::int64_t> ids;
  ASSERT_TRUE(db_->run(select_pets, {}, [&](const Row& row) {
    ids.push_back(row.integer(0));
    EXPECT_EQ(row.time(2), test_start);
    EXPECT_EQ(row.text(3), traits.text);
  }));
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 2}));
}

TEST_P(MigrateTest, applies_only_what_is_missing) {
  EXPECT_EQ(migrate_up(*db_, std::array{create_pets}).value(), 1);
  auto status = migrate_status(*db_, std::array{create_pets, name_pets});
  ASSERT_TRUE(status);
  EXPECT_TRUE((*status)[0].applied_at);
  EXPECT_FALSE((*status)[1].applied_at);
  EXPECT_EQ(migrate_up(*db_, std::array{create_pets, name_pets}).value(), 1);
}

TEST_P(MigrateTest, refuses_a_database_that_is_newer_than_the_binary) {
  ASSERT_TRUE(migrate_up(*db_, std::array{create_pets, name_pets}));
  auto done = migrate_up(*db_, std::array{create_pets});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::conflict);
  EXPECT_EQ(done.error().detail,
            "the database is newer than this aiim: it has migration 2 (002_names), this aiim knows up to 1");
  EXPECT_FALSE(migrate_status(*db_, std::array{create_pets}));
}

TEST_P(MigrateTest, refuses_a_migration_that_was_changed_after_it_was_applied) {
  ASSERT_TRUE(migrate_up(*db_, std::array{create_pets}));
  auto changed = create_pets;
  changed.sql = "CREATE TABLE pets (id {{identity}});";
  auto done = migrate_up(*db_, std::array{changed});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::conflict);
  EXPECT_EQ(done.error().detail,
            "migration 1 (001_pets) was applied to the database with another text than this aiim's");
}

TEST_P(MigrateTest, undoes_a_migration_that_fails_half_way) {
  Migration half{2, "002_half", "CREATE TABLE toys (id BIGINT); CREATE TABLE pets (id BIGINT);"};
  auto failed = migrate_up(*db_, std::array{create_pets, half});
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().detail.find("002_half"), std::string::npos);
  half.sql = "CREATE TABLE toys (id BIGINT);";
  EXPECT_EQ(migrate_up(*db_, std::array{create_pets, half}).value(), 1);
}

TEST_P(MigrateTest, several_processes_may_start_at_once) {
  std::vector<std::thread> starters;
  std::array<int, 4> applied{};
  for (auto& count : applied) {
    starters.emplace_back([this, &count] { count = migrate_up(*database_.open()).value(); });
  }
  for (auto& starter : starters) starter.join();
  int total = 0;
  for (int count : applied) total += count;
  EXPECT_EQ(total, static_cast<int>(migrations().size()));
}

INSTANTIATE_ON_BOTH(MigrateTest);

}  // namespace
}  // namespace aiim
