#include "bus/bus.h"
#include "hub/hub.h"
#include "hub/test_world.h"

namespace aiim {
namespace {

using test::Frames;
using test::TestSession;

struct World : test::World {
  explicit World(HubLimits limits = windows()) : test::World(make_local_bus(), limits) {
    for (const char* user : {"alice", "bob"}) log.set_member("c", user, true);
  }
  static HubLimits windows() {
    HubLimits limits = quick();
    limits.stream_window_ms = 20;
    return limits;
  }
};

std::string text_op(const std::string& text) { return R"({"op":"text","delta":")" + text + "\"}"; }

Event append(std::int64_t n, const std::string& ops, const std::string& stream = "s") {
  Event event;
  event.kind = Event::Kind::delta;
  event.tenant_id = "t";
  event.conversation_id = "c";
  event.stream_id = stream;
  event.n = n;
  event.frame = "[" + ops + "]";
  return event;
}

std::string delta(std::int64_t from, std::int64_t n, const std::string& ops, const std::string& stream = "s") {
  return R"({"type":"stream.delta","data":{"conversation_id":"c","stream_id":")" + stream + R"(","from":)" +
         std::to_string(from) + R"(,"n":)" + std::to_string(n) + R"(,"ops":[)" + ops + "]}}";
}

TEST(HubStreams, the_first_append_goes_out_at_once_and_the_window_s_rest_as_one_delta_with_its_text_joined) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.publish(append(1, text_op("a")));
  EXPECT_EQ(alice.take(), Frames({delta(1, 1, text_op("a"))}));
  const std::string call = R"({"op":"tool_call","call_id":"1","name":"f","arguments":{"x":1}})";
  const std::string thought = R"({"op":"reasoning","delta":"hm"})";
  world.publish(append(2, text_op("b")));
  world.publish(append(3, text_op("c") + "," + call));
  world.publish(append(4, text_op("d") + "," + thought));
  world.settle(60);
  const Frames together{delta(2, 4, text_op("bc") + "," + call + "," + text_op("d") + "," + thought)};
  EXPECT_EQ(alice.take(), together);
  EXPECT_EQ(bob.take(), (Frames{delta(1, 1, text_op("a")), together[0]}));
}

TEST(HubStreams, streams_have_windows_of_their_own) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.publish({append(1, text_op("a")), append(1, text_op("x"), "r"), append(2, text_op("b"))});
  EXPECT_EQ(alice.take(), (Frames{delta(1, 1, text_op("a")), delta(1, 1, text_op("x"), "r")}));
  world.settle(60);
  EXPECT_EQ(alice.take(), Frames({delta(2, 2, text_op("b"))}));
}

TEST(HubStreams, what_is_held_goes_out_before_the_end_and_nothing_after_it) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.publish({append(1, text_op("a")), append(2, text_op("b"))});
  Event end = world.log.post("c");
  end.stream_id = "s";
  world.publish({end, append(3, text_op("late"))});
  world.settle(60);
  EXPECT_EQ(alice.take(), (Frames{delta(1, 1, text_op("a")), delta(2, 2, text_op("b")), "D c 3 2"}));
}

TEST(HubStreams, an_end_that_was_repaired_from_the_store_counts_too) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.log.ended["c"] = "s";
  world.log.post("c");  // its event is lost
  world.publish(world.log.post("c"));
  world.settle();
  alice.take();
  world.publish(append(9, text_op("late")));
  world.settle(60);
  EXPECT_TRUE(alice.take().empty());
}

TEST(HubStreams, a_repeat_is_dropped_and_a_lost_append_shows_as_a_gap) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.publish({append(1, text_op("a")), append(1, text_op("a")), append(2, text_op("b")), append(5, text_op("e"))});
  world.settle(60);
  EXPECT_EQ(alice.take(), (Frames{delta(1, 1, text_op("a")), delta(2, 2, text_op("b")), delta(5, 5, text_op("e"))}));
}

TEST(HubStreams, a_big_window_goes_out_early) {
  HubLimits limits = World::windows();
  limits.stream_window_ms = 60'000;
  limits.stream_held_bytes_max = 100;
  World world(limits);
  TestSession alice;
  world.attach(alice, "alice");
  world.publish(
      {append(1, text_op("a")), append(2, text_op(std::string(40, 'b'))), append(3, text_op(std::string(40, 'c')))});
  EXPECT_EQ(alice.take(),
            (Frames{delta(1, 1, text_op("a")), delta(2, 3, text_op(std::string(40, 'b') + std::string(40, 'c')))}));
}

// --- watching ---

TEST(HubStreams, a_watcher_between_two_deltas_gets_the_next_one_cut_to_where_it_stands) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.publish({append(1, text_op("a")), append(2, text_op("b")), append(3, text_op("c"))});
  alice.take();
  bob.take();
  ASSERT_TRUE(world.hub->catch_up(bob, "t", "c", "s", 2));  // read from the store: up to 2, which is still held here
  world.hub->caught_up(bob, "t", "c", "s", "missing");
  world.settle(60);
  EXPECT_EQ(alice.take(), Frames({delta(2, 3, text_op("bc"))}));
  EXPECT_EQ(bob.take(), (Frames{"missing", delta(3, 3, text_op("c"))}));
  world.publish(append(4, text_op("d")));
  world.settle(60);
  EXPECT_EQ(bob.take(), alice.take());
}

TEST(HubStreams, a_watcher_ahead_of_what_the_hub_has_seen_is_given_nothing_twice) {
  World world;
  TestSession bob;
  world.attach(bob, "bob");
  ASSERT_TRUE(world.hub->catch_up(bob, "t", "c", "s", 2));
  world.hub->caught_up(bob, "t", "c", "s", "missing");
  world.publish({append(1, text_op("a")), append(2, text_op("b")), append(3, text_op("c"))});
  world.settle(60);
  EXPECT_EQ(bob.take(), (Frames{"missing", delta(3, 3, text_op("c"))}));
}

TEST(HubStreams, a_delta_between_reading_and_telling_follows_what_was_read) {
  World world;
  TestSession bob;
  world.attach(bob, "bob");
  ASSERT_TRUE(world.hub->catch_up(bob, "t", "c", "s", 0));
  world.publish(append(1, text_op("a")));
  EXPECT_TRUE(bob.take().empty());
  world.hub->caught_up(bob, "t", "c", "s", "missing");
  EXPECT_EQ(bob.take(), (Frames{"missing", delta(1, 1, text_op("a"))}));
}

TEST(HubStreams, what_was_read_before_a_delta_or_the_end_went_out_must_be_read_again) {
  World world;
  TestSession bob;
  world.attach(bob, "bob");
  world.publish(append(5, text_op("a")));
  EXPECT_FALSE(world.hub->catch_up(bob, "t", "c", "s", 4));
  EXPECT_TRUE(world.hub->catch_up(bob, "t", "c", "s", 5));
  Event end = world.log.post("c");
  end.stream_id = "s";
  world.publish(end);
  EXPECT_FALSE(world.hub->catch_up(bob, "t", "c", "s", 5));
}

TEST(HubStreams, a_watcher_that_leaves_or_goes_away_is_forgotten) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  {
    TestSession gone;
    world.attach(gone, "alice");
    ASSERT_TRUE(world.hub->catch_up(gone, "t", "c", "s", 0));
  }
  world.attach(bob, "bob");
  ASSERT_TRUE(world.hub->catch_up(bob, "t", "c", "s", 0));
  world.publish(world.log.set_member("c", "bob", false));
  bob.take();
  alice.take();
  world.publish(append(1, text_op("a")));
  world.hub->caught_up(bob, "t", "c", "s", {});
  EXPECT_TRUE(bob.take().empty());
  EXPECT_EQ(alice.take(), Frames({delta(1, 1, text_op("a"))}));
}

TEST(HubStreams, who_is_no_member_any_more_when_the_store_answers_becomes_no_watcher) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.publish(append(1, text_op("a")));
  world.publish(world.log.set_member("c", "bob", false));
  EXPECT_TRUE(world.hub->catch_up(bob, "t", "c", "s", 1));
  world.hub->detach(bob);
  world.log.set_member("c", "bob", true);
  world.attach(bob, "bob");
  bob.take();
  world.publish(append(2, text_op("b")));
  world.settle(60);
  EXPECT_EQ(bob.take(), Frames({delta(2, 2, text_op("b"))}));  // as everybody: nothing is left of the earlier session
}

TEST(HubStreams, an_ended_stream_is_forgotten_with_those_who_watched_it) {
  HubLimits limits = World::windows();
  limits.stream_forget_ms = -1;  // at once
  World world(limits);
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  for (TestSession* session : {&alice, &bob}) ASSERT_TRUE(world.hub->catch_up(*session, "t", "c", "s", 5));
  world.hub->caught_up(alice, "t", "c", "s", "missing");
  Event end = world.log.post("c");
  end.stream_id = "s";
  world.publish(end);
  world.hub->caught_up(bob, "t", "c", "s", "missing");
  world.settle(60);
  alice.take();
  world.publish(append(1, text_op("x"), "r"));
  world.publish(append(6, text_op("late")));  // of a stream that nobody remembers
  EXPECT_EQ(alice.take(), (Frames{delta(1, 1, text_op("x"), "r"), delta(6, 6, text_op("late"))}));
}

TEST(HubStreams, old_streams_are_forgotten_and_a_conversation_that_nobody_follows_takes_its_own_along) {
  HubLimits limits = World::windows();
  limits.stream_window_ms = 60'000;
  World world(limits);
  {
    TestSession alice;
    world.attach(alice, "alice");
    world.publish({append(1, text_op("a")), append(2, text_op("b"))});  // the second is held
  }
  EXPECT_EQ(world.hub->conversations(), 0U);
  world.settle(60);
}

}  // namespace
}  // namespace aiim
