#include "net/keyed_counts.h"

#include <gtest/gtest.h>

namespace aiim {
namespace {

TEST(KeyedCounts, hold_each_key_to_the_limit) {
  KeyedCounts counts;
  auto alice = counts.key_of("tenant", "alice"), bob = counts.key_of("tenant", "bob");
  EXPECT_NE(alice, bob);
  EXPECT_TRUE(counts.take(alice, 2));
  EXPECT_TRUE(counts.take(alice, 2));
  EXPECT_FALSE(counts.take(alice, 2));
  EXPECT_TRUE(counts.take(bob, 2));
  counts.give_back(alice);
  EXPECT_TRUE(counts.take(alice, 2));
}

}  // namespace
}  // namespace aiim
