#include "hub/hub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/metrics.h"
#include "hub/hub_testing.h"
#include "hub/limits.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

core::Actor User(std::uint64_t id) { return {UserId(id), "u" + std::to_string(id)}; }

class HubTest : public testing::Test {
 protected:
  // A world of its own options, where the default one does not do.
  HubWorld& Remake(HubOptions options) {
    world_.reset();
    world_ = std::make_unique<HubWorld>(options);
    return *world_;
  }
  HubWorld& w() { return *world_; }

 private:
  std::unique_ptr<HubWorld> world_ = std::make_unique<HubWorld>();
};

// --- Joining ---

TEST_F(HubTest, HelloComesFirstAndNamesTheUser) {
  w().SayMany(7, 1);
  auto reader = w().Read({w().From(7, 0)});
  reader->PullAll();
  ASSERT_FALSE(reader->frames.empty());
  EXPECT_EQ(reader->frames[0].kind, 'H');
  EXPECT_EQ(reader->frames[0].number, 5U);
  EXPECT_EQ(reader->frames[0].channel, 0U);
}

TEST_F(HubTest, HelloNamesTheInboxThatIsFollowed) {
  auto reader = w().Read({UserId(5), SessionId(50), {}, w().From(90, 0)});
  reader->PullAll();
  ASSERT_FALSE(reader->frames.empty());
  EXPECT_EQ(reader->frames[0].channel, 90U);
}

TEST_F(HubTest, SubscriberGetsWhatItMissedThenCaughtUpThenWhatIsNew) {
  w().SayMany(7, 3);
  auto reader = w().Read({w().From(7, 1)});
  EXPECT_EQ(w().Story(*reader), "E7/2 E7/3 C7/3");
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E7/4");
}

TEST_F(HubTest, CaughtUpComesAtOnceForWhoIsAtTheHeadOfAnEmptyChannel) {
  auto reader = w().Read({w().From(7, 0)});
  EXPECT_EQ(w().Story(*reader), "C7/0");
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E7/1");
}

TEST_F(HubTest, CaughtUpStandsAtTheGrantEvenWhereMoreIsThere) {
  w().SayMany(7, 2);
  const StartCursor start = w().From(7, 0);
  w().SayMany(7, 2);
  auto reader = w().Read({start});
  EXPECT_EQ(w().Story(*reader), "E7/1 E7/2 C7/2 E7/3 E7/4");
}

TEST_F(HubTest, WhatWasAppendedBetweenGrantAndSubscribeArrivesWithoutAnotherDoorbell) {
  w().SayMany(7, 2);
  const StartCursor start = w().From(7, 2);
  w().bus.faults.drop = 1;
  w().Say(7);
  auto reader = w().Read({start});
  EXPECT_EQ(w().Story(*reader), "C7/2 E7/3");
}

TEST_F(HubTest, SecondCursorOnAChannelIsIgnored) {
  w().SayMany(7, 2);
  auto reader = w().Read({w().From(7, 1), w().From(7, 0)});
  EXPECT_EQ(w().Story(*reader), "E7/2 C7/2");
}

TEST_F(HubTest, ReconnectStormCostsOneReadPerChannel) {
  w().SayMany(7, 90);
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::uint64_t i = 0; i < 60; ++i) readers.push_back(w().Read({w().From(7, i)}));
  for (auto& reader : readers) w().Story(*reader);
  EXPECT_EQ(w().log.reads(), 1);
}

TEST_F(HubTest, EqualReadsOfThoseFarBehindAreOneAndNotMoreThanAllowedRunAtOnce) {
  HubOptions options{.page_reads_max = 6};
  auto& world = Remake(options);
  world.SayMany(7, 2500);
  world.log.Change([](auto& s) { s.latency = 10ms; });
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 30; ++i) readers.push_back(world.Read({world.From(7, 0)}));
  for (std::uint64_t i = 1; i < 20; ++i) readers.push_back(world.Read({world.From(7, i)}));
  for (int turn = 0; turn < 100; ++turn) {
    for (auto& reader : readers) reader->PullAll();
    world.RunFor(10ms);
  }
  for (auto& reader : readers) {
    EXPECT_EQ(reader->frames.back().kind, 'C');
    EXPECT_EQ(reader->frames.back().seq, 2500U);
  }
  EXPECT_LE(world.log.most_at_once(), 6);
  EXPECT_LE(world.log.reads(), 1 + 3 * 20);
}

// --- The gateway rule ---

TEST_F(HubTest, LostDoorbellIsReadFromTheStoreOnceTheNextOneRings) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().bus.faults.drop = 1;
  w().SayMany(7, 3);
  EXPECT_EQ(w().Story(*reader), "");
  w().bus.faults.drop = 0;
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E7/1 E7/2 E7/3 E7/4");
}

TEST_F(HubTest, DoubledAndReorderedDoorbellsChangeNothing) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().bus.faults = {.twice = 1, .late = 0.5};
  w().SayMany(7, 10);
  w().bus.Release();
  w().Run();
  w().bus.Release();
  std::string expected;
  for (int i = 1; i <= 10; ++i) expected += (i > 1 ? " E7/" : "E7/") + std::to_string(i);
  EXPECT_EQ(w().Story(*reader), expected);
}

TEST_F(HubTest, LostLastDoorbellIsFoundByTheSweep) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().bus.faults.drop = 1;
  w().Say(7);
  w().RunFor(29s);
  EXPECT_EQ(w().Story(*reader), "");
  w().RunFor(2s);
  EXPECT_EQ(w().Story(*reader), "E7/1");
}

TEST_F(HubTest, SuspectBusLooksAtOnceAndEverySecondForAMinute) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().bus.faults.drop = 1;
  w().Say(7);
  w().hub->SuspectBus();
  EXPECT_EQ(w().Story(*reader), "E7/1");
  w().RunFor(58s);
  w().Say(7);
  w().RunFor(1100ms);
  EXPECT_EQ(w().Story(*reader), "E7/2");
  w().RunFor(3s);
  const int heads = w().log.heads();
  w().RunFor(20s);
  EXPECT_EQ(w().log.heads(), heads);
}

TEST_F(HubTest, HoleInThePageIsReadAgainAndNothingSkipped) {
  const double holes = metrics::NewCounter("yap_hub_holes_total", "").Value();
  w().SayMany(7, 5);
  w().log.Change([](auto& s) {
    s.missing[ChannelId(7)] = Seq(3);
    s.missing_reads = 4;
  });
  auto reader = w().Read({w().From(7, 0)});
  EXPECT_EQ(w().Story(*reader), "E7/1 E7/2");
  w().RunFor(10s);
  EXPECT_EQ(w().Story(*reader), "E7/3 E7/4 E7/5 C7/5");
  EXPECT_GE(metrics::NewCounter("yap_hub_holes_total", "").Value(), holes + 4);
}

TEST_F(HubTest, ChannelCutByRetentionSaysTruncatedAndGoesOn) {
  w().SayMany(7, 300);
  w().log.Change([](auto& s) { s.first[ChannelId(7)] = Seq(299); });
  auto reader = w().Read({w().From(7, 4)});
  EXPECT_EQ(w().Story(*reader), "T7/300 E7/299 E7/300 C7/300");
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E7/301");
}

TEST_F(HubTest, RetentionBeyondALiveReaderIsToldToIt) {
  w().SayMany(7, 3);
  auto reader = w().Read({w().From(7, 3)});
  w().Story(*reader);
  w().bus.faults.drop = 1;
  w().SayMany(7, 5);
  w().log.Change([](auto& s) { s.first[ChannelId(7)] = Seq(7); });
  w().hub->SuspectBus();
  EXPECT_EQ(w().Story(*reader), "T7/8 E7/7 E7/8");
}

// --- Epochs ---

TEST_F(HubTest, CursorOfAnotherEpochOrBeyondTheHeadIsToldAndGetsNothingMore) {
  w().SayMany(7, 2);
  StartCursor other = w().From(7, 0);
  other.epoch = Epoch(9);
  StartCursor beyond = w().From(8, 0);
  beyond.after = Seq(1);
  auto reader = w().Read({other, beyond});
  EXPECT_EQ(w().Story(*reader), "L7/2 L8/0");
  w().Say(7);
  w().Say(8);
  EXPECT_EQ(w().Story(*reader), "");
}

TEST_F(HubTest, StoreRestoredUnderALiveReaderIsTold) {
  w().SayMany(7, 5);
  auto reader = w().Read({w().From(7, 5)});
  EXPECT_EQ(w().Story(*reader), "C7/5");
  w().log.Rewind(ChannelId(7), Seq(3));
  w().log.Change([](auto& s) { s.epoch = Epoch(2); });
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "L7/4");
  // Who comes now reads the new life.
  auto next = w().Read({w().From(7, 2)});
  EXPECT_EQ(w().Story(*next), "E7/3 E7/4 C7/4");
  EXPECT_EQ(w().Story(*reader), "");
}

TEST_F(HubTest, HeadBelowWhatWasDeliveredIsAnotherLifeWhateverItsEpochSays) {
  w().SayMany(7, 5);
  auto reader = w().Read({w().From(7, 5)});
  w().Story(*reader);
  w().log.Rewind(ChannelId(7), Seq(2));
  w().hub->SuspectBus();
  EXPECT_EQ(w().Story(*reader), "L7/2");
}

TEST_F(HubTest, ChannelThatIsGoneEnds) {
  w().SayMany(7, 300);
  const auto start = w().From(7, 0);
  w().log.Change([](auto& s) { s.gone[ChannelId(7)] = true; });
  auto reader = w().Read({start});
  EXPECT_EQ(w().Story(*reader), "X7:4");
}

// --- Removals ---

TEST_F(HubTest, RemovalAfterTheGrantEndsTheChannelBehindItsEvent) {
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

TEST_F(HubTest, LeavingAndBanningNameTheirReason) {
  auto me = w().Read({w().From(7, 0), w().From(8, 0)});
  w().Story(*me);
  w().Append(7, core::MemberLeft{User(5)});
  EXPECT_EQ(w().Story(*me), "E7/1 X7:0");
  w().Append(8, core::MemberRemoved{User(5), true});
  EXPECT_EQ(w().Story(*me), "E8/1 X8:2");
}

TEST_F(HubTest, OldRemovalDoesNotEndWhoWasLetInAgain) {
  w().Say(7);
  w().Append(7, core::MemberRemoved{User(5), false});
  w().Append(7, core::MemberJoined{User(5), core::Role::kMember});
  auto reader = w().Read({w().From(7, 0)});
  EXPECT_EQ(w().Story(*reader), "E7/1 E7/2 E7/3 C7/3");
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E7/4");
}

TEST_F(HubTest, RemovalEndsABackfillToo) {
  w().SayMany(7, 1500);
  const StartCursor start = w().From(7, 0);
  w().Append(7, core::MemberRemoved{User(5), false});
  w().SayMany(7, 1500);
  auto reader = w().Read({start});
  const std::string story = w().Story(*reader);
  const std::string end = "E7/1500 C7/1500 E7/1501 X7:1";
  EXPECT_EQ(story.substr(story.size() - end.size()), end);
}

// --- Following ---

core::AddedToChannel Added(std::uint64_t channel, std::uint64_t join_seq) {
  return {ChannelId(channel), "c", core::ChannelKind::kPublic, Seq(join_seq)};
}

class FollowTest : public HubTest {
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

// --- Ends ---

TEST_F(HubTest, EndedSessionGetsNoFurtherEventButTheRestOfABegunMessage) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().Say(7, std::string(1000, 'x'));
  w().Say(7);
  w().Run();
  EXPECT_EQ(reader->Pull(100), 100U);
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  EXPECT_EQ(reader->Finished(), std::nullopt);
  EXPECT_EQ(w().Story(*reader), "E7/1 X0:3");
  EXPECT_EQ(reader->unfinished(), 0U);
  ASSERT_TRUE(reader->Finished().has_value());
  ASSERT_FALSE(reader->Finished()->has_value());
  EXPECT_EQ(reader->Finished()->error().code, Errc::kUnauthenticated);
  EXPECT_EQ(reader->Finished()->error().reason, "SESSION_REVOKED");
}

TEST_F(HubTest, EndSessionsWakesEvenWhoWasWokenBefore) {
  auto reader = w().Read({w().From(7, 0)});
  w().Run();
  w().Say(7);
  w().Run();
  const int wakes = reader->wakes;
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  EXPECT_EQ(reader->wakes, wakes + 1);
}

TEST_F(HubTest, OtherSessionsGoOn) {
  auto mine = w().Read({w().From(7, 0)});
  auto other = w().Read({UserId(5), SessionId(51), {w().From(7, 0)}, {}});
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  w().Say(7);
  EXPECT_EQ(w().Story(*mine), "C7/0 X0:3");
  EXPECT_EQ(w().Story(*other), "C7/0 E7/1");
}

TEST_F(HubTest, SubscriptionThatWasAuthorisedJustBeforeItsSessionEndedIsRefused) {
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  auto reader = w().Read({w().From(7, 0)});
  ASSERT_TRUE(reader->Finished().has_value());
  EXPECT_EQ(reader->Finished()->error().reason, "SESSION_REVOKED");
  EXPECT_EQ(w().Story(*reader), "");
}

TEST_F(HubTest, DrainAsksAllToReconnectWithinTheSpreadAndRefusesNewOnes) {
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 20; ++i) readers.push_back(w().Read({w().From(7, 0)}));
  for (auto& reader : readers) w().Story(*reader);
  w().hub->Drain(10s);
  w().Run();
  std::set<std::uint64_t> afters;
  for (auto& reader : readers) {
    EXPECT_EQ(reader->Finished(), std::nullopt);
    reader->PullAll();
    ASSERT_EQ(reader->frames.size(), 1U);
    EXPECT_EQ(reader->frames[0].kind, 'R');
    EXPECT_LE(Duration(static_cast<std::int64_t>(reader->frames[0].number)), 10s);
    afters.insert(reader->frames[0].number);
    ASSERT_TRUE(reader->Finished().has_value());
    EXPECT_TRUE(reader->Finished()->has_value());
  }
  EXPECT_GT(afters.size(), 10U);
  auto late = w().Read({w().From(7, 0)});
  ASSERT_TRUE(late->Finished().has_value());
  EXPECT_EQ(late->Finished()->error().reason, "SHUTTING_DOWN");
}

TEST_F(HubTest, AskToReconnectFinishesBehindTheBegunMessage) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().Say(7, std::string(1000, 'x'));
  w().Run();
  reader->Pull(100);
  reader->stream().AskToReconnect(3s);
  EXPECT_EQ(w().Story(*reader), "E7/1 R0");
  EXPECT_TRUE(reader->Finished().value().has_value());
}

// --- Heartbeats and wakes ---

TEST_F(HubTest, HeartbeatEveryIntervalNamesChannelsWithNewsSinceTheLast) {
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

TEST_F(HubTest, HeartbeatsDoNotPileUpForWhoTakesNothing) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().RunFor(10min);
  reader->PullAll();
  EXPECT_EQ(reader->frames.size(), 1U);
}

TEST_F(HubTest, ManyMessagesWakeOnce) {
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

TEST_F(HubTest, AvailableOfNothingIsNothing) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  EXPECT_EQ(reader->Pull(1000), 0U);
  w().Say(7);
  w().Run();
  EXPECT_EQ(reader->Pull(0), 0U);
  EXPECT_EQ(reader->Pull(1), 1U);
}

// --- Bounds ---

TEST_F(HubTest, SlowReaderHoldsNoMemoryAndLosesNothing) {
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

TEST_F(HubTest, TailsTogetherStayWithinTheBudgetLeastRecentFirst) {
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

TEST_F(HubTest, BusyChannelLeavesTheOthersTheirTurn) {
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

TEST_F(HubTest, PageOfAReaderThatStoppedIsDroppedAndReadAgain) {
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

TEST_F(HubTest, StoreThatIsDownDelaysOnlyWhoNeedsIt) {
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

TEST_F(HubTest, RoomWithoutReadersIsKeptForAWhileThenDropped) {
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

TEST_F(HubTest, MoreArrivalsThanFitAreDroppedAndFoundByTheSweep) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  for (std::size_t i = 0; i < kArrivalsMax + 100; ++i) w().Say(7);
  w().Settle(*reader);
  EXPECT_EQ(reader->frames.back().seq, kArrivalsMax + 100);
}

}  // namespace
}  // namespace yap::hub
