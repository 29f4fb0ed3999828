#include "base/ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace aiim {
namespace {

TEST(Ids, are_a_prefix_and_26_lower_case_ulid_characters) {
  std::string id = make_id("msg_", Time{1'469'918'176'385});
  EXPECT_EQ(id.size(), 30u);
  EXPECT_EQ(id.substr(0, 4), "msg_");
  EXPECT_EQ(id.substr(4, 10), "01aryz6s41");  // the ULID specification's example
  EXPECT_EQ(id.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz", 4), std::string::npos);
}

TEST(Ids, made_later_sort_later) {
  std::string before = make_id("", Time{0});
  for (std::int64_t ms : {1LL, 31LL, 32LL, 1'000LL, 1'700'000'000'000LL, 1'700'000'000'001LL, (1LL << 48) - 1}) {
    std::string id = make_id("", Time{ms});
    EXPECT_LT(before, id);
    before = id;
  }
}

TEST(Ids, ascend_within_one_millisecond_of_a_thread) {
  std::vector<std::string> ids;
  for (int i = 0; i < 100'000; ++i) ids.push_back(make_id("msg_", Time{1'700'000'000'000}));
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST(Ids, of_several_threads_in_one_millisecond_are_distinct) {
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 20'000; ++i) mine.push_back(make_id("c_", Time{1'700'000'000'000 + i / 1000}));
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 80'000u);
}

}  // namespace
}  // namespace aiim
