#include "hub/hub.h"

#include "bus/bus.h"
#include "hub/test_world.h"

namespace aiim {
namespace {

using test::Frames;
using test::Log;
using test::TestSession;

struct World : test::World {
  explicit World(HubLimits limits = quick()) : test::World(make_local_bus(), limits) {
    for (const char* user : {"alice", "bob"}) log.set_member("c", user, true);  // rev 1 and 2
  }
  Event created(const std::string& user) { return log.created_for("c", user); }
};

Event of_kind(Event::Kind kind, const std::string& conversation, const std::string& user, const std::string& frame) {
  Event event;
  event.kind = kind;
  event.tenant_id = "t";
  event.conversation_id = conversation;
  event.user_id = user;
  event.frame = frame;
  return event;
}

// --- order ---

TEST(Hub, an_event_reaches_every_session_of_every_member_once) {
  World world;
  TestSession alice1, alice2, bob, carol;
  world.attach(alice1, "alice");
  world.attach(alice2, "alice");
  world.attach(bob, "bob");
  world.attach(carol, "carol");
  world.publish(world.log.post("c"));
  for (TestSession* session : {&alice1, &alice2, &bob}) {
    EXPECT_EQ(session->take(), Frames({"D c 3 2"}));
    EXPECT_TRUE(session->dirty);
  }
  EXPECT_TRUE(carol.take().empty());
  EXPECT_EQ(world.hub->sessions(), 4U);
}

TEST(Hub, a_batch_leaves_in_order_and_as_one_slice) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.publish({world.log.post("c"), world.log.post("c"), world.log.edit("c", 1)});
  iovec pieces[8];
  EXPECT_EQ(alice.outbox.gather(pieces, 8), 1);
  EXPECT_EQ(alice.take(), Frames({"D c 3 2", "D c 4 3", "D c 5 4"}));
}

TEST(Hub, a_repeated_event_is_dropped) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  const Event event = world.log.post("c");
  world.publish({event, event});
  world.publish(event);
  EXPECT_EQ(alice.take(), Frames({"D c 3 2"}));
}

HubLimits with_long_grace() {
  HubLimits limits = World::quick();
  limits.hole_grace_ms = 60'000;
  return limits;
}

TEST(Hub, a_late_event_closes_the_hole_within_the_grace_without_a_read) {
  World world(with_long_grace());
  TestSession alice;
  world.attach(alice, "alice");
  const Event first = world.log.post("c");
  world.publish({world.log.post("c"), world.log.post("c")});
  EXPECT_TRUE(alice.take().empty());
  world.publish(first);
  EXPECT_EQ(alice.take(), Frames({"D c 3 2", "D c 4 3", "D c 5 4"}));
  world.settle();
  EXPECT_EQ(world.change_reads, 0);
}

TEST(Hub, a_hole_is_read_from_the_store_page_by_page_before_what_follows) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  for (int i = 0; i < 7; i++) world.log.post("c");  // lost
  world.publish(world.log.post("c"));
  EXPECT_TRUE(alice.take().empty());
  world.settle();
  EXPECT_EQ(alice.take(),
            Frames({"D c 3 2", "D c 4 3", "D c 5 4", "D c 6 5", "D c 7 6", "D c 8 7", "D c 9 8", "D c 10 9"}));
  EXPECT_LE(world.change_reads, 3);
}

TEST(Hub, superseded_revs_leave_no_hole) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.log.post("c");     // 3, lost
  world.log.edit("c", 1);  // 4 supersedes it, lost
  world.publish(world.log.post("c"));
  world.settle();
  EXPECT_EQ(alice.take(), Frames({"D c 4 2", "D c 5 4"}));
}

TEST(Hub, a_failed_repair_is_tried_again) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.log.post("c");
  world.publish(world.log.post("c"));
  world.fail_reads = 3;
  world.settle(100);
  EXPECT_EQ(alice.take(), Frames({"D c 3 2", "D c 4 3"}));
  EXPECT_EQ(world.change_reads, 4);
  EXPECT_EQ(world.hub->counts().repairs_failed, 3U);
}

TEST(Hub, events_during_a_repair_are_forwarded_once_and_in_order) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  const Event lost = world.log.post("c");
  world.publish(world.log.post("c"));
  world.hold_answers = true;
  world.settle();
  ASSERT_EQ(world.held.size(), 1U);
  world.publish(lost);                 // was only late: 3, and 4 that waited
  world.publish(world.log.post("c"));  // 5
  world.hold_answers = false;
  world.release_answers();
  world.settle();
  EXPECT_EQ(alice.take(), Frames({"D c 3 2", "D c 4 3", "D c 5 4"}));
}

TEST(Hub, more_than_may_be_held_back_is_read_from_the_store) {
  HubLimits limits = World::quick();
  limits.hole_grace_ms = 300;
  limits.pending_events_max = 4;
  World world(limits);
  TestSession alice;
  world.attach(alice, "alice");
  world.log.post("c");
  for (int i = 0; i < 20; i++) world.publish(world.log.post("c"));
  EXPECT_EQ(world.hub->counts().held_dropped, 16U);
  world.settle(900);
  const Frames frames = alice.take();
  ASSERT_EQ(frames.size(), 21U);
  EXPECT_EQ(frames.back(), "D c 23 22");
}

TEST(Hub, a_new_epoch_starts_again_and_says_so) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  world.publish(world.log.post("c"));
  auto& conversation = world.log.conversations["c"];
  conversation.epoch = "e2";
  conversation.rev = 2;
  conversation.messages.clear();
  conversation.last_seq = 0;
  world.publish(world.log.post("c"));  // rev 3 of e2
  world.settle();
  world.publish(world.log.post("c"));
  EXPECT_EQ(
      alice.take(),
      Frames({"D c 3 2", R"({"type":"conversation.updated","data":{"conversation_id":"c","epoch":"e2"}})", "D c 4 3"}));
}

TEST(Hub, a_conversation_that_is_gone_is_removed_and_followed_no_more) {
  World world;
  TestSession alice;
  world.attach(alice, "alice");
  Event ghost = world.log.make("c", 9, 8);
  world.log.conversations.erase("c");
  world.publish(ghost);
  world.settle();
  EXPECT_EQ(alice.take(), Frames({R"({"type":"conversation.removed","data":{"conversation_id":"c"}})"}));
  EXPECT_EQ(world.hub->conversations(), 0U);
}

// --- members ---

TEST(Hub, who_leaves_is_told_so_and_hears_nothing_later) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.publish({world.log.set_member("c", "bob", false), world.log.post("c")});
  world.publish(of_kind(Event::Kind::ephemeral, "c", "alice", "typing"));
  EXPECT_EQ(alice.take(), Frames({"D c 3 2", "D c 4 3", "typing"}));
  EXPECT_EQ(bob.take(), Frames({"L c 3"}));
}

TEST(Hub, the_last_follower_s_leaving_unsubscribes) {
  World world;
  TestSession bob;
  world.attach(bob, "bob");
  EXPECT_EQ(world.hub->conversations(), 1U);
  world.publish(world.log.set_member("c", "bob", false));
  EXPECT_EQ(world.hub->conversations(), 0U);
}

struct Joining {
  Event durable;
  Event created;
  Event next;
};
Joining join_carol(World& world) {
  Joining made;
  made.durable = world.log.set_member("c", "carol", true);
  made.created = world.created("carol");
  made.next = world.log.post("c");
  return made;
}
const Frames kCarolSees{"J c 3", "D c 4 3"};
const Frames kAliceSees{"D c 3 2", "D c 4 3"};

TEST(Hub, who_joins_gets_conversation_created_then_all_that_follows_in_every_order_of_arrival) {
  const std::vector<std::vector<int>> orders = {{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const auto& order : orders) {
    World world(with_long_grace());
    TestSession alice, carol;
    world.attach(alice, "alice");
    world.attach(carol, "carol");
    const Joining joining = join_carol(world);
    const Event* events[] = {&joining.durable, &joining.created, &joining.next};
    for (const int i : order) world.publish(*events[i]);
    world.settle();
    EXPECT_EQ(carol.take(), kCarolSees) << order[0] << order[1] << order[2];
    EXPECT_EQ(alice.take(), kAliceSees) << order[0] << order[1] << order[2];
  }
}

TEST(Hub, nothing_of_a_conversation_reaches_a_user_before_conversation_created) {
  World world(with_long_grace());
  TestSession alice, carol;
  world.attach(alice, "alice");
  world.attach(carol, "carol");
  const Joining joining = join_carol(world);
  world.publish({joining.durable, joining.next});
  world.publish(of_kind(Event::Kind::ephemeral, "c", "alice", "typing"));
  EXPECT_TRUE(carol.take().empty());
  world.publish(joining.created);
  world.settle();
  EXPECT_EQ(carol.take(), kCarolSees);
}

TEST(Hub, a_lost_conversation_created_is_made_up_for) {
  World world;
  TestSession alice, carol;
  world.attach(alice, "alice");
  world.attach(carol, "carol");
  const Joining joining = join_carol(world);
  world.publish({joining.durable, joining.next});
  world.settle();
  EXPECT_EQ(
      carol.take(),
      Frames({R"({"type":"conversation.created","data":{"conversation_id":"c","rev":3,"epoch":"e1"}})", "D c 4 3"}));
  world.publish(joining.created);  // too late
  EXPECT_TRUE(carol.take().empty());
}

TEST(Hub, joining_a_conversation_that_nobody_here_follows_catches_up_with_it) {
  World world;
  TestSession carol;
  world.attach(carol, "carol");
  const Joining joining = join_carol(world);
  world.log.post("c");  // 5: published before this hub listens
  world.publish(joining.created);
  world.settle();
  world.publish(world.log.post("c"));
  EXPECT_EQ(carol.take(), Frames({"J c 3", "D c 4 3", "D c 5 4", "D c 6 5"}));
}

TEST(Hub, who_left_and_came_back_behind_a_hole_sees_both_in_order) {
  World world(with_long_grace());
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  const Event left = world.log.set_member("c", "bob", false);  // 3
  const Event between = world.log.post("c");                   // 4
  const Event back = world.log.set_member("c", "bob", true);   // 5
  const Event created = world.created("bob");
  const Event next = world.log.post("c");  // 6
  world.publish(created);
  world.publish({between, back, next});
  EXPECT_TRUE(bob.take().empty());
  world.publish(left);
  world.settle();
  EXPECT_EQ(bob.take(), Frames({"L c 3", "J c 5", "D c 6 5"}));
  EXPECT_EQ(alice.take(), Frames({"D c 3 2", "D c 4 3", "D c 5 4", "D c 6 5"}));
}

TEST(Hub, who_left_and_came_back_in_a_repaired_hole_is_welcomed_again) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.log.set_member("c", "bob", false);  // 3, lost and superseded
  world.log.set_member("c", "bob", true);   // 4, lost
  const Event created = world.created("bob");
  world.publish(world.log.post("c"));  // 5
  world.publish(created);
  world.settle();
  EXPECT_EQ(bob.take(), Frames({"J c 4", "D c 5 4"}));
  EXPECT_EQ(alice.take(), Frames({"D c 4 2", "D c 5 4"}));
}

// --- attach and detach ---

TEST(Hub, hello_is_the_first_frame_and_ready_never_comes_from_inside_attach) {
  World world;
  world.hello = true;
  TestSession one, two;
  world.begin_attach(one, "alice");
  EXPECT_FALSE(one.live);
  world.run();
  world.begin_attach(two, "alice");
  EXPECT_FALSE(two.live);
  world.publish(world.log.post("c"));
  EXPECT_EQ(one.take(), Frames({"hello", "D c 3 2"}));
  EXPECT_EQ(two.take().front(), "hello");
}

TEST(Hub, a_further_session_of_a_live_user_reads_nothing) {
  World world;
  TestSession one, two;
  world.attach(one, "alice");
  const int reads = world.membership_reads;
  EXPECT_EQ(reads, 2);  // the second because the conversation was new here
  world.attach(two, "alice");
  EXPECT_EQ(world.membership_reads, reads);
  TestSession bob;
  world.attach(bob, "bob");
  EXPECT_EQ(world.membership_reads, reads + 1);  // the conversation is followed already
}

TEST(Hub, sessions_that_attach_together_share_one_reading) {
  World world;
  TestSession one, two, three;
  world.begin_attach(one, "alice");
  world.begin_attach(two, "alice");
  world.begin_attach(three, "alice");
  world.run();
  EXPECT_TRUE(one.live && two.live && three.live);
  EXPECT_EQ(world.membership_reads, 2);
  EXPECT_EQ(world.hub->sessions_of("t", "alice").size(), 3U);
}

TEST(Hub, events_between_the_readings_of_an_attach_leave_no_hole) {
  World world(with_long_grace());
  world.hold_answers = true;
  TestSession alice;
  world.begin_attach(alice, "alice");
  world.run();                         // first reading is taken
  world.publish(world.log.post("c"));  // 3: nobody listens yet
  world.release_answers();             // subscribed; second reading is taken at 3
  world.publish(world.log.post("c"));  // 4: held until the position is known
  world.hold_answers = false;
  world.release_answers();
  EXPECT_TRUE(alice.live);
  world.publish(world.log.post("c"));  // 5
  EXPECT_EQ(alice.take(), Frames({"D c 5 4"}));
  world.settle();
  EXPECT_EQ(world.change_reads, 0);
}

TEST(Hub, who_is_removed_while_attaching_does_not_follow) {
  for (const bool others_follow : {false, true}) {
    World world;
    TestSession alice;
    if (others_follow) world.attach(alice, "alice");
    world.hold_answers = true;
    TestSession bob;
    world.begin_attach(bob, "bob");
    world.run();
    if (!others_follow) world.release_answers();
    world.publish(world.log.set_member("c", "bob", false));  // after the reading that counts
    world.hold_answers = false;
    world.release_answers();
    ASSERT_TRUE(bob.live);
    world.publish(world.log.post("c"));
    world.publish(of_kind(Event::Kind::ephemeral, "c", "alice", "typing"));
    world.settle();
    EXPECT_TRUE(bob.take().empty());
    EXPECT_EQ(world.hub->conversations(), others_follow ? 1U : 0U);
  }
}

TEST(Hub, a_reading_older_than_what_the_hub_starts_from_is_taken_again) {
  World world;
  world.hold_answers = true;
  TestSession bob;
  world.begin_attach(bob, "bob");
  world.run();
  world.release_answers();
  ASSERT_EQ(world.held.size(), 1U);
  const auto old_reading = std::move(world.held.front());  // bob is a member
  world.held.clear();
  const Event left = world.log.set_member("c", "bob", false);
  world.hold_answers = false;
  TestSession alice;
  world.attach(alice, "alice");  // the hub starts after bob's leaving
  world.publish(left);
  old_reading();
  world.run();
  EXPECT_TRUE(bob.live);
  world.publish(world.log.post("c"));
  EXPECT_TRUE(bob.take().empty());
  EXPECT_EQ(alice.take(), Frames({"D c 4 3"}));
}

TEST(Hub, who_joins_while_attaching_follows) {
  for (const bool others_follow : {false, true}) {
    World world;
    TestSession alice;
    if (others_follow) world.attach(alice, "alice");
    world.hold_answers = true;
    TestSession carol;
    world.begin_attach(carol, "carol");
    world.run();  // the reading does not know of c
    const Joining joining = join_carol(world);
    world.publish({joining.durable, joining.created, joining.next});
    world.hold_answers = false;
    world.release_answers();
    world.settle();
    world.publish(world.log.post("c"));
    EXPECT_EQ(carol.take(), Frames({"J c 3", "D c 4 3", "D c 5 4"})) << others_follow;
  }
}

TEST(Hub, a_session_may_go_at_any_moment_of_its_attach) {
  for (int step = 0; step < 4; step++) {
    World world;
    world.hold_answers = true;
    auto session = std::make_unique<TestSession>();
    world.begin_attach(*session, "alice");
    for (int i = 0; i < step; i++) {
      world.run();
      if (i > 0) world.release_answers();
    }
    world.hub->detach(*session);
    session.reset();
    world.hold_answers = false;
    world.release_answers();
    world.settle(5);
    EXPECT_EQ(world.hub->sessions(), 0U);
    EXPECT_EQ(world.hub->conversations(), 0U);
    TestSession again;
    world.attach(again, "alice");
    world.publish(world.log.post("c"));
    EXPECT_EQ(again.take().size(), 1U);
  }
}

TEST(Hub, answers_for_an_earlier_attach_of_the_same_user_are_ignored) {
  World world;
  world.hold_answers = true;
  auto first = std::make_unique<TestSession>();
  world.begin_attach(*first, "alice");
  world.run();
  world.hub->detach(*first);
  first.reset();
  TestSession second;
  world.begin_attach(second, "alice");
  world.run();
  world.log.set_member("c", "alice", false);
  world.hold_answers = false;
  world.release_answers();
  EXPECT_TRUE(second.live);
  world.publish(world.log.post("c"));
  EXPECT_TRUE(second.take().empty());
}

TEST(Hub, the_hub_may_go_while_answers_and_timers_are_pending) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.log.post("c");
  world.publish(world.log.post("c"));
  world.hold_answers = true;
  world.settle();
  world.begin_attach(bob, "bob");
  world.run();
  world.bus->publish({std::make_shared<const Event>(world.log.post("c"))});
  world.hub.reset();
  EXPECT_EQ(alice.user(), nullptr);
  world.release_answers();
  world.settle();
  EXPECT_FALSE(bob.live);
}

TEST(Hub, an_attach_that_cannot_read_fails_and_may_be_tried_again_at_once) {
  World world;
  world.fail_reads = 1;
  TestSession alice;
  int failures = 0;
  world.hub->attach(alice, "t", "alice", [&](Result<> result) {
    failures += result ? 0 : 1;
    EXPECT_EQ(alice.user(), nullptr);
    world.begin_attach(alice, "alice");
  });
  world.run();
  EXPECT_EQ(failures, 1);
  EXPECT_TRUE(alice.live);
  world.publish(world.log.post("c"));
  EXPECT_EQ(alice.take().size(), 1U);
}

TEST(Hub, the_last_session_s_going_leaves_nothing) {
  World world;
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.hub->detach(alice);
  world.hub->detach(alice);
  EXPECT_EQ(alice.user(), nullptr);
  EXPECT_EQ(world.hub->conversations(), 1U);
  world.hub->detach(bob);
  EXPECT_EQ(world.hub->conversations(), 0U);
  world.publish(world.log.post("c"));
  EXPECT_TRUE(alice.take().empty());
}

// --- receipts, ephemeral, limits ---

TEST(Hub, receipts_are_sent_once_per_window_the_latest_of_each_reader) {
  HubLimits limits = World::quick();
  limits.receipt_window_ms = 200;
  World world(limits);
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  for (int i = 1; i <= 5; i++) {
    world.publish(of_kind(Event::Kind::receipt, "c", "alice", "alice read " + std::to_string(i)));
  }
  world.publish(of_kind(Event::Kind::receipt, "c", "bob", "bob read 1"));
  EXPECT_TRUE(bob.take().empty());
  world.settle(600);
  EXPECT_EQ(bob.take(), Frames({"alice read 5", "bob read 1"}));
  EXPECT_EQ(alice.take(), Frames({"alice read 5", "bob read 1"}));
  world.settle();
  EXPECT_TRUE(bob.take().empty());
}

TEST(Hub, a_receipt_does_not_go_back) {
  HubLimits limits = World::quick();
  limits.receipt_window_ms = 100;
  World world(limits);
  TestSession bob;
  world.attach(bob, "bob");
  for (const int cursor : {4, 9, 7}) {
    Event receipt = of_kind(Event::Kind::receipt, "c", "alice", "read " + std::to_string(cursor));
    receipt.seq = cursor;
    world.publish(receipt);
  }
  world.settle(300);
  EXPECT_EQ(bob.take(), Frames({"read 9"}));
}

TEST(Hub, personal_events_reach_all_sessions_of_the_user_alone) {
  World world;
  TestSession one, two, bob;
  world.attach(one, "alice");
  world.attach(two, "alice");
  world.attach(bob, "bob");
  world.publish(of_kind(Event::Kind::personal, "c", "alice", "me.updated"));
  world.publish(of_kind(Event::Kind::ephemeral, "", "alice", "call.incoming"));
  EXPECT_EQ(one.take(), Frames({"me.updated", "call.incoming"}));
  EXPECT_EQ(two.take(), Frames({"me.updated", "call.incoming"}));
  EXPECT_TRUE(bob.take().empty());
}

TEST(Hub, a_slow_session_loses_ephemeral_events_first) {
  HubLimits limits = World::quick();
  limits.outbox_bytes_soft = 10'000;
  World world(limits);
  TestSession slow, quick;
  world.attach(slow, "alice");
  world.attach(quick, "bob");
  world.hub->send(slow, std::string(20'000, 'x'));
  world.publish(of_kind(Event::Kind::ephemeral, "c", "bob", "typing"));
  world.publish(world.log.post("c"));
  EXPECT_EQ(quick.take(), Frames({"typing", "D c 3 2"}));
  const Frames frames = slow.take();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[1], "D c 3 2");
  EXPECT_EQ(world.hub->counts().ephemeral_dropped, 1U);
}

TEST(Hub, a_session_above_the_limit_is_ended_once_and_gets_no_more) {
  HubLimits limits = World::quick();
  limits.outbox_bytes_max = 30'000;
  World world(limits);
  TestSession slow, quick;
  world.attach(slow, "alice");
  world.attach(quick, "bob");
  std::vector<Event> events;
  for (int i = 0; i < 20; i++) {
    Event event = world.log.post("c");
    event.frame += std::string(5'000, ' ');
    events.push_back(event);
    if (i % 4 == 3) {
      world.publish(std::exchange(events, {}));
      quick.take();
    }
  }
  EXPECT_EQ(slow.ends, 1);
  EXPECT_EQ(slow.end_code, 4008);
  EXPECT_EQ(slow.end_reason, "slow_consumer");
  EXPECT_EQ(slow.user(), nullptr);
  EXPECT_LE(slow.outbox.unsent_bytes(), 60'000U);
  EXPECT_EQ(quick.ends, 0);
  EXPECT_EQ(world.hub->sessions(), 1U);
}

TEST(Hub, an_empty_outbox_takes_a_frame_above_the_limit_and_as_much_as_the_limit_behind_it) {
  HubLimits limits = World::quick();
  limits.outbox_bytes_max = 30'000;
  World world(limits);
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  for (int i = 0; i < 3; i++) {
    world.hub->send(alice, std::string(200'000, 'x'));
    world.publish(world.log.post("c"));
    EXPECT_EQ(alice.take().size(), 2U);
    EXPECT_EQ(alice.ends, 0);
  }
  world.hub->send(alice, std::string(200'000, 'x'));
  world.hub->send(alice, std::string(20'000, 'x'));
  EXPECT_EQ(alice.ends, 0);
  world.hub->send(alice, std::string(20'000, 'x'));
  EXPECT_EQ(alice.end_code, 4008);
  EXPECT_EQ(bob.take().size(), 3U);
}

TEST(Hub, revocation_closes_the_sessions_of_that_credential) {
  World world;
  TestSession one("sid1"), two("sid1"), three("sid2"), bob("sid1");
  for (TestSession* session : {&one, &two, &three}) world.attach(*session, "alice");
  world.attach(bob, "bob");
  world.refused_credential = "sid1";
  world.publish(of_kind(Event::Kind::revoked, "", "alice", ""));
  EXPECT_EQ(world.checked, Frames({"sid1", "sid2"}));
  EXPECT_EQ(one.end_code, 4401);
  EXPECT_EQ(two.end_code, 4401);
  EXPECT_EQ(two.end_reason, "unauthenticated");
  EXPECT_EQ(three.ends + bob.ends, 0);
  EXPECT_EQ(world.hub->sessions(), 2U);
}

TEST(Hub, a_revocation_that_the_store_cannot_confirm_is_asked_about_until_it_can) {
  World world;
  TestSession alice("sid1"), bob("sid2");
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.refused_credential = "sid1";
  world.fail_checks = 3;
  for (const char* user : {"alice", "bob"}) world.publish(of_kind(Event::Kind::revoked, "", user, ""));
  EXPECT_EQ(alice.ends + bob.ends, 0);
  world.settle(60);
  EXPECT_EQ(alice.end_code, 4401);
  EXPECT_EQ(bob.ends, 0);
  EXPECT_EQ(world.checked, Frames({"sid1", "sid2", "sid1", "sid2", "sid1"}));
}

// --- after the bus lost something ---

TEST(Hub, comparing_with_the_store_finds_lost_events_joins_and_removals) {
  World world;
  world.log.set_member("d", "alice", true);
  TestSession alice, bob;
  world.attach(alice, "alice");
  world.attach(bob, "bob");
  world.log.set_member("c", "bob", false);  // 3, lost
  world.log.post("d");                      // 2, lost
  world.log.set_member("e", "bob", true);   // 1, lost
  world.log.post("e");                      // 2, lost
  world.hub->verify_positions();
  world.settle();
  EXPECT_EQ(alice.take(), Frames({"D c 3 2", "D d 2 1"}));
  EXPECT_EQ(
      bob.take(),
      Frames({R"({"type":"conversation.created","data":{"conversation_id":"e","rev":2,"epoch":"e1"}})", "L c 3"}));
  world.publish(world.log.post("e"));
  EXPECT_EQ(bob.take(), Frames({"D e 3 2"}));
}

}  // namespace
}  // namespace aiim
