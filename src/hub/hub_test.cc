#include "hub/hub.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "hub/hub_testing.h"
#include "hub/limits.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

// --- Joining ---

TEST_F(HubTest, HelloComesFirstAndNamesTheUser) {
  w().SayMany(7, 1);
  auto reader = w().Read({w().From(7, 0)});
  reader->PullAll();
  ASSERT_FALSE(reader->frames.empty());
  EXPECT_EQ(reader->frames[0].kind, 'H');
  EXPECT_EQ(reader->frames[0].number, 5U);
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

TEST_F(HubTest, DoorbellThatRingsWhileAnEmptyPageIsOnItsWayIsNotForgotten) {
  w().log.Change([](auto& s) { s.latency = 10ms; });
  auto reader = w().Read({w().From(7, 0)});
  w().RunFor(15ms);
  ASSERT_EQ(w().log.reads(), 1);
  w().bus.faults.drop = 1;
  w().Say(7);
  w().bus.faults.drop = 0;
  w().Say(7);
  w().RunFor(100ms);
  EXPECT_EQ(w().Story(*reader), "C7/0 E7/1 E7/2");
}

TEST_F(HubTest, HeadThatIsOldWhenItArrivesIsNotAnotherLife) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().log.Change([](auto& s) { s.latency = 10ms; });
  w().hub->SuspectBus();
  w().RunFor(15ms);
  w().Say(7);
  w().RunFor(100ms);
  EXPECT_EQ(w().Story(*reader), "E7/1");
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

TEST_F(HubTest, WhoComesAfterSomebodyWithAnotherEpochReadsTheChannel) {
  w().SayMany(7, 2);
  StartCursor other = w().From(7, 0);
  other.epoch = Epoch(9);
  auto told = w().Read({other});
  EXPECT_EQ(w().Story(*told), "L7/2");
  auto reader = w().Read({w().From(7, 1)});
  EXPECT_EQ(w().Story(*reader), "E7/2 C7/2");
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

}  // namespace
}  // namespace yap::hub
