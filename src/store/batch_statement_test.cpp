#include "store/batch_statement.h"

#include <gtest/gtest.h>

#include "store/postgres_values.h"

namespace aiim {
namespace {

TEST(BatchStatement, one_row_has_values_where_a_batch_has_arrays) {
  EXPECT_EQ(
      for_one_row("INSERT INTO t (a, b) SELECT a, b FROM unnest($1::text[], $2::bigint[]) AS i (a, b) WHERE b > 0"),
      "INSERT INTO t (a, b) SELECT a, b FROM (SELECT $1::text AS a, $2::bigint AS b) i WHERE b > 0");
}

TEST(BatchStatement, its_place_is_the_first) {
  EXPECT_EQ(for_one_row("SELECT i.place, i.a FROM unnest($1::jsonb[]) WITH ORDINALITY AS i (a, place)"),
            "SELECT i.place, i.a FROM (SELECT $1::jsonb AS a, 1::bigint AS place) i");
}

TEST(BatchStatement, may_have_several_sets_of_rows_and_common_values) {
  EXPECT_EQ(for_one_row("WITH u AS (UPDATE t SET a = n.a, at = $2::timestamptz FROM unnest($1::text[]) AS n (a)) "
                        "SELECT x FROM unnest($3::text[]) AS m (x)"),
            "WITH u AS (UPDATE t SET a = n.a, at = $2::timestamptz FROM (SELECT $1::text AS a) n) "
            "SELECT x FROM (SELECT $3::text AS x) m");
}

TEST(BatchStatement, has_no_such_form_without_rows) {
  EXPECT_EQ(for_one_row("SELECT $1::text"), "");
  EXPECT_DEATH(for_one_row("SELECT 1 FROM unnest($1::text[], $2::text[]) AS i (a)"), "broken invariant");
}

// int8send, jsonb_send: what the server would read as the element of an array it reads as a value.
TEST(PgArray, gives_its_only_element_in_its_own_form) {
  auto only = [](PgArray::Of of, auto value) {
    PgArray array(of);
    array.add(value);
    EXPECT_EQ(array.size(), 1u);
    return array.only() ? std::optional(std::string(*array.only())) : std::nullopt;
  };
  using namespace std::string_literals;
  EXPECT_EQ(only(PgArray::Of::text, "abc"s), "abc");
  EXPECT_EQ(only(PgArray::Of::text, ""s), "");
  EXPECT_EQ(only(PgArray::Of::bigint, std::int64_t{258}), "\0\0\0\0\0\0\1\2"s);
  EXPECT_EQ(only(PgArray::Of::jsonb, "{}"s), "\1{}");
  EXPECT_EQ(only(PgArray::Of::text, std::optional<std::string>()), std::nullopt);
}

}  // namespace
}  // namespace aiim
