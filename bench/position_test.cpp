#include "position.h"

#include <gtest/gtest.h>

namespace aiim::bench {
namespace {

Event created(int64_t seq, int64_t rev, int64_t after) {
  Event event;
  event.seq = seq;
  event.rev = rev;
  event.after = after;
  return event;
}

}  // namespace

TEST(Position, moves_by_chained_events_also_across_superseded_revisions) {
  Position position{.rev = 5, .seq = 2};
  position.apply(created(3, 6, 5), 0);
  position.apply(created(4, 9, 4), 0);
  EXPECT_EQ(position.rev, 9);
  EXPECT_EQ(position.seq, 4);
}

TEST(Position, a_repeat_a_hole_and_a_skipped_seq_fail_the_run) {
  Position position{.rev = 5, .seq = 2};
  EXPECT_THROW(position.apply(created(3, 5, 4), 0), Failure);
  EXPECT_THROW(position.apply(created(3, 7, 6), 0), Failure);
  EXPECT_THROW(position.apply(created(4, 6, 5), 0), Failure);
  EXPECT_THROW(position.apply(created(2, 6, 5), 0), Failure);
}

}  // namespace aiim::bench
