#include "client_id.h"

#include <gtest/gtest.h>

#include <set>

#include "failure.h"

namespace aiim::bench {

TEST(ClientId, has_the_shape_of_a_uuid_and_is_read_back) {
  ClientId id{.number = 0x0123456789abcdef, .pair = 0x00010203, .slot = 0x04050607};
  EXPECT_EQ(id.text(), "01234567-89ab-cdef-0001-020304050607");
  EXPECT_EQ(read_client_id(id.text()), id);
  ClientId widest{.number = UINT64_MAX, .pair = UINT32_MAX, .slot = UINT32_MAX};
  EXPECT_EQ(widest.text().size(), 36u);
  EXPECT_EQ(read_client_id(widest.text()), widest);
}

TEST(ClientId, what_nobody_sent_fails_the_run) {
  for (const char* text : {"", "1.2.3", "01234567-89ab-cdef-0001-02030405060", "01234567-89ab-cdef-0001-0203040506070",
                           "01234567-89AB-cdef-0001-020304050607", "01234567-89ab-cdef-0001-02030405060g",
                           "0123456-789ab-cdef-0001-020304050607", "01234567-89ab-cdef-0001+020304050607"})
    EXPECT_THROW(read_client_id(text), Failure) << text;
}

TEST(ClientId, sorts_as_its_numbers_do) {
  EXPECT_LT((ClientId{.number = 9, .pair = 7}.text()), (ClientId{.number = 10, .pair = 1}.text()));
  EXPECT_LT((ClientId{.number = 0xffffffff}.text()), (ClientId{.number = 0x100000000}.text()));
}

TEST(ClientId, scattered_numbers_are_distinct_and_in_no_order) {
  std::set<uint64_t> seen;
  int rising = 0;
  for (uint64_t i = 0; i < 10'000; i++) {
    seen.insert(scatter(i));
    rising += scatter(i) < scatter(i + 1);
  }
  EXPECT_EQ(seen.size(), 10'000u);
  EXPECT_NEAR(rising, 5'000, 500);
}

}  // namespace aiim::bench
