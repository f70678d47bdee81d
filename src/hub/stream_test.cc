// What one stream sees as it goes on: removals, channels that are followed, heartbeats, bounds.
#include "hub/hub.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "hub/hub_testing.h"
#include "hub/limits.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

core::Actor User(std::uint64_t id) { return {UserId(id), "u" + std::to_string(id)}; }

using StreamTest = HubTest;

// --- Removals ---

TEST_F(StreamTest, RemovalAfterTheGrantEndsTheChannelBehindItsEvent) {
  auto me = w().Read({w().From(7, 0), w().From(8, 0)});
  auto other = w().Read({UserId(6), SessionId(60), {w().From(7, 0)}, {}});
  w().Story(*me);
  w().Story(*other);
  w().Say(7);
  w().Append(7, core::MemberRemoved{User(5), false});
  w().Say(7);
  EXPECT_EQ(w().Story(*me), "E7/1 E7/2 X7:1");
  EXPECT_EQ(w().Story(*other), "E7/1 E7/2 E7/3");
  w().Say(8);
  EXPECT_EQ(w().Story(*me), "E8/1");
}

TEST_F(StreamTest, LeavingAndBanningNameTheirReason) {
  auto me = w().Read({w().From(7, 0), w().From(8, 0)});
  w().Story(*me);
  w().Append(7, core::MemberLeft{User(5)});
  EXPECT_EQ(w().Story(*me), "E7/1 X7:0");
  w().Append(8, core::MemberRemoved{User(5), true});
  EXPECT_EQ(w().Story(*me), "E8/1 X8:2");
}

TEST_F(StreamTest, OldRemovalDoesNotEndWhoWasLetInAgain) {
  w().Say(7);
  w().Append(7, core::MemberRemoved{User(5), false});
  w().Append(7, core::MemberJoined{User(5), core::Role::kMember});
  auto reader = w().Read({w().From(7, 0)});
  EXPECT_EQ(w().Story(*reader), "E7/1 E7/2 E7/3 C7/3");
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E7/4");
}

TEST_F(StreamTest, RemovalEndsABackfillToo) {
  w().SayMany(7, 1500);
  const StartCursor start = w().From(7, 0);
  w().Append(7, core::MemberRemoved{User(5), false});
  w().SayMany(7, 1500);
  auto reader = w().Read({start});
  const std::string story = w().Story(*reader);
  const std::string end = "E7/1500 C7/1500 E7/1501 X7:1";
  EXPECT_EQ(story.substr(story.size() - end.size()), end);
}

// What was shared lies in segments that the room itself drops before the pass is over.
TEST_F(StreamTest, BytesBeforeARemovalOutliveThePassTheyWereTakenIn) {
  auto& world = Remake({.tail_events_max = 16});
  auto me = world.Read({world.From(7, 0)});
  world.Story(*me);
  world.Say(7, std::string(200, 'm'));
  world.Append(7, core::MemberRemoved{User(5), false});
  world.Run();
  while (me->Pull(64 * 1024) > 0) {
  }
  for (int i = 0; i < 100; ++i) world.Say(7, std::string(200, 'o'));
  world.Run();
  me->EndPass();
  ASSERT_FALSE(me->frames.empty());
  EXPECT_EQ(me->frames.front().text, std::string(200, 'm'));
  EXPECT_EQ(me->Story(), "E7/1 E7/2 X7:1");
}

// --- Following ---

core::AddedToChannel Added(std::uint64_t channel, std::uint64_t join_seq) {
  return {ChannelId(channel), "c", core::ChannelKind::kPublic, Seq(join_seq)};
}

class FollowTest : public StreamTest {
 protected:
  static constexpr std::uint64_t kInbox = 90;
  std::unique_ptr<Reader> Follow(std::vector<StartCursor> cursors) {
    return w().Read({UserId(5), SessionId(50), std::move(cursors), w().From(kInbox, 0)});
  }
};

TEST_F(FollowTest, ChannelJoinedLaterStartsAtItsJoinEvent) {
  w().SayMany(7, 4);
  auto reader = Follow({});
  EXPECT_EQ(w().Story(*reader), "C90/0");
  w().Append(7, core::MemberJoined{User(5), core::Role::kMember});
  w().Append(kInbox, Added(7, 5));
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E90/1 E7/5 C7/5 E7/6");
}

TEST_F(FollowTest, CaughtUpOfAFollowedChannelKnowsTheWholeHead) {
  w().SayMany(7, 4);
  auto reader = Follow({});
  w().Append(7, core::MemberJoined{User(5), core::Role::kMember});
  w().Append(kInbox, Added(7, 5));
  w().Settle(*reader);
  const auto caught = std::ranges::find_if(
      reader->frames, [](const Frame& f) { return f.kind == 'C' && f.channel == 7; });
  ASSERT_NE(caught, reader->frames.end());
  EXPECT_EQ(caught->number, 4U);
}

TEST_F(FollowTest, WhatTheInboxSaidBeforeTheGrantIsNotFollowed) {
  w().SayMany(7, 2);
  w().Append(kInbox, Added(7, 1));
  auto reader = Follow({});
  EXPECT_EQ(w().Story(*reader), "E90/1 C90/1");
}

TEST_F(FollowTest, ChannelThatIsThereAlreadyIsNotAddedTwice) {
  w().SayMany(7, 2);
  auto reader = Follow({w().From(7, 2)});
  w().Append(kInbox, Added(7, 1));
  w().Say(7);
  const std::string story = w().Story(*reader);
  EXPECT_TRUE(story == "C7/2 C90/0 E90/1 E7/3" || story == "C7/2 C90/0 E7/3 E90/1") << story;
}

TEST_F(FollowTest, RemovedAndAddedAgainGoesOnBehindTheSecondJoin) {
  w().SayMany(7, 2);
  auto reader = Follow({w().From(7, 2)});
  w().Story(*reader);
  w().Append(7, core::MemberRemoved{User(5), false});
  w().Say(7);
  w().Append(7, core::MemberJoined{User(5), core::Role::kMember});
  w().Append(kInbox, Added(7, 5));
  const std::string story = w().Story(*reader);
  // In whichever order inbox and channel are read.
  EXPECT_TRUE(story == "E7/3 X7:1 E90/1 E7/5 C7/5" || story == "E90/1 E7/3 X7:1 E7/5 C7/5")
      << story;
}

TEST_F(FollowTest, LateWordOfAJoinThatWasEndedSinceIsNotDeliveredTwice) {
  w().Append(7, core::MemberJoined{User(5), core::Role::kMember});
  const auto start = w().From(7, 0);
  auto reader = Follow({start});
  w().Story(*reader);
  w().Append(7, core::MemberRemoved{User(5), false});
  EXPECT_EQ(w().Story(*reader), "E7/2 X7:1");
  w().Append(kInbox, Added(7, 1));
  EXPECT_EQ(w().Story(*reader), "E90/1");
}

// --- Heartbeats and wakes ---

TEST_F(StreamTest, HeartbeatEveryIntervalNamesChannelsWithNewsSinceTheLast) {
  auto reader = w().Read({w().From(7, 0), w().From(8, 0)});
  w().Story(*reader);
  w().SayMany(7, 2);
  w().Story(*reader);
  w().RunFor(20s);
  reader->PullAll();
  ASSERT_EQ(reader->frames.size(), 1U);
  EXPECT_EQ(reader->frames[0], (Frame{'B', 0, 0, 0, 1, "7:2 "}));
  reader->frames.clear();
  w().RunFor(20s);
  reader->PullAll();
  ASSERT_EQ(reader->frames.size(), 1U);
  EXPECT_EQ(reader->frames[0], (Frame{'B', 0, 0, 0, 0, ""}));
}

TEST_F(StreamTest, HeartbeatsDoNotPileUpForWhoTakesNothing) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().RunFor(10min);
  reader->PullAll();
  EXPECT_EQ(reader->frames.size(), 1U);
}

TEST_F(StreamTest, ManyMessagesWakeOnce) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  const int wakes = reader->wakes;
  w().SayMany(7, 100);
  w().Run();
  EXPECT_EQ(reader->wakes, wakes + 1);
  w().SayMany(7, 100);
  w().Run();
  EXPECT_EQ(reader->wakes, wakes + 1) << "woken again before it looked";
}

// More readers than one turn tells: some go while the others have not heard yet, whoever stays
// hears.
TEST_F(StreamTest, NewsReachesEverybodyThoughSomeLeaveMeanwhile) {
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 60; ++i) readers.push_back(w().Read({w().From(7, 0), w().From(8, 0)}));
  for (auto& reader : readers) EXPECT_EQ(w().Story(*reader), "C7/0 C8/0");
  for (std::uint64_t seq = 1; readers.size() > 1; ++seq) {
    w().Say(7);
    w().Say(8);
    w().io.restart();
    for (std::uint64_t i = 0; i < 8 + seq; ++i) w().io.poll_one();
    for (std::size_t i = readers.size(); i-- > 0;) {
      if (i % 3 == 1) readers.erase(readers.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (auto& reader : readers) {
      const std::string story = w().Story(*reader);
      EXPECT_TRUE(story == fmt::format("E7/{0} E8/{0}", seq) ||
                  story == fmt::format("E8/{0} E7/{0}", seq))
          << story;
    }
  }
}

TEST_F(StreamTest, AvailableOfNothingIsNothing) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  EXPECT_EQ(reader->Pull(1000), 0U);
  w().Say(7);
  w().Run();
  EXPECT_EQ(reader->Pull(0), 0U);
  EXPECT_EQ(reader->Pull(1), 1U);
}

// --- Bounds ---

TEST_F(StreamTest, SlowReaderHoldsNoMemoryAndLosesNothing) {
  auto& world = Remake({.tail_bytes_max = 4000, .tail_events_max = 16});
  auto slow = world.Read({world.From(7, 0)});
  auto quick = world.Read({world.From(7, 0)});
  world.Run();
  slow->PullAll();
  for (int i = 0; i < 500; ++i) {
    world.Say(7, std::string(100, 'x'));
    world.Run();
    quick->PullAll();
  }
  EXPECT_LE(world.hub->GetStats().tail_bytes, 10'000U);
  EXPECT_EQ(world.log.reads(), 1);
  world.Story(*slow);
  world.Say(7);
  EXPECT_EQ(world.Story(*slow), "E7/501");
  EXPECT_EQ(world.Story(*quick).substr(0, 14), "C7/0 E7/1 E7/2");
}

TEST_F(StreamTest, TailsTogetherStayWithinTheBudgetLeastRecentFirst) {
  auto& world = Remake({.all_tails_bytes_max = 60'000});
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::uint64_t channel = 1; channel <= 40; ++channel) {
    readers.push_back(world.Read({world.From(channel, 0)}));
  }
  world.Run();
  for (int round = 0; round < 5; ++round) {
    for (std::uint64_t channel = 1; channel <= 40; ++channel) {
      world.Say(channel, std::string(1000, 'x'));
      world.Run();
      EXPECT_LE(world.hub->GetStats().tail_bytes, 70'000U);
    }
  }
  for (std::uint64_t channel = 1; channel <= 40; ++channel) {
    const auto prefix = "E" + std::to_string(channel) + "/";
    std::string expected = "C" + std::to_string(channel) + "/0";
    for (int i = 1; i <= 5; ++i) expected += " " + prefix + std::to_string(i);
    EXPECT_EQ(world.Story(*readers[channel - 1]), expected);
  }
}

TEST_F(StreamTest, BusyChannelLeavesTheOthersTheirTurn) {
  auto reader = w().Read({w().From(7, 0), w().From(8, 0)});
  w().Story(*reader);
  for (int i = 0; i < 600; ++i) w().Say(7, std::string(1000, 'x'));
  w().Say(8);
  w().Run();
  for (int i = 0; i < 2; ++i) reader->Pull(3 * kTurnBytes / 2);
  reader->EndPass();
  const auto is_8 = [](const Frame& f) { return f.channel == 8; };
  EXPECT_TRUE(std::ranges::any_of(reader->frames, is_8));
}

TEST_F(StreamTest, PageOfAReaderThatStoppedIsDroppedAndReadAgain) {
  auto& world = Remake({.tail_events_max = 16});
  for (int i = 0; i < 1000; ++i) world.Say(7, std::string(100, 'x'));
  auto reader = world.Read({world.From(7, 0)});
  world.Run();
  reader->Pull(1000);
  world.Run();
  reader->Pull(1000);
  reader->EndPass();
  const int reads = world.log.reads();
  world.RunFor(10s);
  world.Story(*reader);
  EXPECT_EQ(world.log.reads(), reads + 1);
}

TEST_F(StreamTest, PageOfAReaderThatOnlySipsIsDroppedAndReadAgainFromItsPlace) {
  auto& world = Remake({.tail_events_max = 16});
  for (int i = 0; i < 1000; ++i) world.Say(7, std::string(100, 'x'));
  auto reader = world.Read({world.From(7, 0)});
  world.Run();
  reader->Pull(1000);
  world.Run();
  const int reads = world.log.reads();
  for (unsigned tick = 0; tick < 2 * kPageTicksMax; ++tick) {
    world.RunFor(1s);
    reader->Pull(200);  // More than a message.
    reader->EndPass();
  }
  EXPECT_GT(world.log.reads(), reads);
  world.Settle(*reader);
  std::uint64_t last = 0;
  for (const Frame& frame : reader->frames) {
    if (frame.kind == 'E') EXPECT_EQ(frame.seq, ++last);
  }
  EXPECT_EQ(last, 1000U);
}

TEST_F(StreamTest, StoreThatIsDownDelaysOnlyWhoNeedsIt) {
  w().SayMany(7, 1500);
  auto live = w().Read({w().From(7, 1500)});
  w().Story(*live);
  w().log.Change([](auto& s) { s.failures = 5; });
  auto behind = w().Read({w().From(7, 1)});
  w().Story(*behind);
  w().Say(7);
  EXPECT_EQ(w().Story(*live), "E7/1501");
  EXPECT_EQ(w().Story(*behind), "");
  EXPECT_EQ(behind->Finished(), std::nullopt);
  w().RunFor(60s);
  const std::string story = w().Story(*behind);
  EXPECT_EQ(story.substr(0, 9), "E7/2 E7/3");
  EXPECT_EQ(story.substr(story.size() - 23), "E7/1500 C7/1500 E7/1501");
}

TEST_F(StreamTest, RoomWithoutReadersIsKeptForAWhileThenDropped) {
  auto reader = w().Read({w().From(7, 0)});
  w().Run();
  EXPECT_EQ(w().hub->GetStats().rooms, 1U);
  EXPECT_EQ(w().hub->GetStats().subscribers, 1U);
  reader.reset();
  w().RunFor(20s);
  EXPECT_EQ(w().hub->GetStats().rooms, 1U);
  EXPECT_EQ(w().hub->GetStats().subscribers, 0U);
  w().RunFor(20s);
  EXPECT_EQ(w().hub->GetStats().rooms, 0U);
  EXPECT_EQ(w().hub->GetStats().tail_bytes, 0U);
}

TEST_F(StreamTest, MoreArrivalsThanFitAreDroppedAndFoundByTheSweep) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  for (std::size_t i = 0; i < kArrivalsMax + 100; ++i) w().Say(7);
  w().Settle(*reader);
  EXPECT_EQ(reader->frames.back().seq, kArrivalsMax + 100);
}

}  // namespace
}  // namespace yap::hub
