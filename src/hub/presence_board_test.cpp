#include "hub/presence_board.h"

#include <gtest/gtest.h>

#include <set>

namespace aiim {
namespace {

constexpr Time start{1'795'000'000'000};
const std::string ada = "u/t/ada";

struct PresenceBoardTest : testing::Test {
  ManualClock clock{start};
  PresenceBoard board{clock, 0};

  std::optional<PresenceState> state(const std::optional<PresenceChange>& change) {
    return change ? std::optional(change->presence.state) : std::nullopt;
  }
};

TEST_F(PresenceBoardTest, a_user_is_as_present_as_the_most_present_session) {
  auto first = board.arrive(ada);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->tenant_id, "t");
  EXPECT_EQ(first->presence.user_id, "ada");
  EXPECT_EQ(first->presence.last_seen, start);
  EXPECT_EQ(state(board.arrive(ada)), std::nullopt) << "nothing new";
  EXPECT_EQ(state(board.set_away(ada, true)), std::nullopt);
  EXPECT_EQ(state(board.set_away(ada, true)), PresenceState::away);
  EXPECT_EQ(state(board.set_away(ada, false)), PresenceState::online);
}

TEST_F(PresenceBoardTest, who_leaves_is_offline_only_after_the_grace) {
  board.arrive(ada);
  clock.advance(7000);
  board.leave(ada, false);
  EXPECT_EQ(board.look(ada).presence.state, PresenceState::online);
  auto gone = board.expire(10);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].presence.state, PresenceState::offline);
  EXPECT_EQ(gone[0].presence.last_seen, start + 7000);
  EXPECT_EQ(board.look(ada).presence.last_seen, std::nullopt) << "the board forgets; the database does not";
}

TEST_F(PresenceBoardTest, coming_back_within_the_grace_shows_nothing) {
  board.arrive(ada);
  board.leave(ada, false);
  EXPECT_EQ(state(board.arrive(ada)), std::nullopt);
  EXPECT_TRUE(board.expire(10).empty());
  EXPECT_EQ(board.look(ada).presence.state, PresenceState::online);
}

TEST_F(PresenceBoardTest, the_grace_begins_again_with_each_leaving) {
  PresenceBoard patient(clock, 3'600'000);
  patient.arrive(ada);
  patient.leave(ada, false);
  patient.arrive(ada);
  patient.leave(ada, false);
  EXPECT_TRUE(patient.expire(10).empty());
  EXPECT_EQ(patient.look(ada).presence.state, PresenceState::online);
}

TEST_F(PresenceBoardTest, when_only_those_who_are_away_stay_the_user_is_away_after_the_grace) {
  board.arrive(ada);
  board.arrive(ada);
  board.set_away(ada, true);
  board.leave(ada, false);
  EXPECT_EQ(board.look(ada).presence.state, PresenceState::online);
  auto changes = board.expire(10);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].presence.state, PresenceState::away);
}

TEST_F(PresenceBoardTest, versions_order_all_changes_and_looks) {
  std::set<std::uint64_t> versions;
  const auto look = board.look(ada).version;
  for (const char* user : {"u/t/a", "u/t/b", "u/t/c"}) versions.insert(board.arrive(user)->version);
  EXPECT_EQ(versions.size(), 3u);
  EXPECT_GT(*versions.begin(), look);
  board.leave("u/t/a", false);
  EXPECT_GT(board.expire(10)[0].version, *versions.rbegin());
}

TEST_F(PresenceBoardTest, as_many_expire_at_once_as_are_asked_for) {
  for (int i = 0; i < 5; ++i) {
    board.arrive("u/t/" + std::to_string(i));
    board.leave("u/t/" + std::to_string(i), false);
  }
  EXPECT_EQ(board.expire(2).size(), 2u);
  EXPECT_EQ(board.expire(10).size(), 3u);
}

}  // namespace
}  // namespace aiim
