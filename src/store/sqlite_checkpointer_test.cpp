#include "store/sqlite_checkpointer.h"

#include "store/test_db.h"

namespace aiim {
namespace {

const Statement insert_blob("test.checkpoint.insert",
                            "INSERT INTO stream_appends (tenant_id, stream_id, n, ops, bytes, created_at) "
                            "VALUES ('t', $1, $2, $3, 0, $4)");
const Statement count_blobs("test.checkpoint.count", "SELECT COUNT(*) FROM stream_appends WHERE tenant_id = $1");

constexpr std::uintmax_t megabyte = 1 << 20;

std::uintmax_t log_bytes(const TestDb& database) {
  return std::filesystem::file_size(database.target().sqlite_path + "-wal");
}

// About `megabytes` of log, in transactions of a quarter each.
void write(Db& db, int megabytes, int& n) {
  RawJson ops{"\"" + std::string(30'000, 'x') + "\""};
  for (int i = 0; i < megabytes * 4; ++i) {
    ASSERT_TRUE(db.begin_write(test_start));
    for (int row = 0; row < 8; ++row) {
      ASSERT_TRUE(db.run(insert_blob, {"s" + std::to_string(n % 7), ++n, ops, test_start}));
    }
    ASSERT_TRUE(db.commit());
  }
}

TEST(SqliteCheckpointer, keeps_the_log_bounded_while_the_writer_never_rests) {
  TestDb database(DbKind::sqlite);
  auto db = database.open();
  int n = 0;
  write(*db, 150, n);
  EXPECT_LT(log_bytes(database), 80 * megabyte);
  EXPECT_GT(std::filesystem::file_size(database.target().sqlite_path), 100 * megabyte);
}

TEST(SqliteCheckpointer, a_long_reader_lets_the_log_grow_and_its_end_stops_that) {
  TestDb database(DbKind::sqlite);
  auto db = database.open(), reader = database.open();
  int n = 0;
  write(*db, 1, n);
  ASSERT_TRUE(reader->begin_read());
  ASSERT_TRUE(reader->run(count_blobs, {"t"}));
  write(*db, 90, n);
  EXPECT_GT(log_bytes(database), 80 * megabyte);
  ASSERT_TRUE(reader->commit());
  auto grown = log_bytes(database);
  write(*db, 100, n);
  EXPECT_LT(log_bytes(database), grown + 60 * megabyte) << "the log started anew";
  std::int64_t rows = 0;
  ASSERT_TRUE(reader->run(count_blobs, {"t"}, [&](const Row& row) { rows = row.integer(0); }));
  EXPECT_EQ(rows, n);
}

}  // namespace
}  // namespace aiim
