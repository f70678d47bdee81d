#include "hub/bus_watch.h"

#include <gtest/gtest.h>

namespace yap::hub {
namespace {

using namespace std::chrono_literals;
using core::ProducerId;

class BusWatchTest : public ::testing::Test {
 protected:
  BusWatchTest() {
    Hear(1);
    EXPECT_TRUE(watch_.Suspects(now_)) << "a new producer may have said something before";
    EXPECT_FALSE(watch_.Suspects(now_));
  }
  void Hear(std::uint64_t counter, std::uint32_t topic = 0, std::uint64_t producer = 1) {
    watch_.Hear({.producer = ProducerId(producer), .topic = topic, .counter = counter}, now_);
  }
  bool SuspectsAfter(Duration span) {
    now_ += span;
    return watch_.Suspects(now_);
  }

  MonoTime now_{100s};
  BusWatch watch_{{}};
};

TEST_F(BusWatchTest, CountersInOrderAreTrusted) {
  for (std::uint64_t counter = 2; counter < 100; ++counter) Hear(counter);
  EXPECT_FALSE(SuspectsAfter(1s));
}

TEST_F(BusWatchTest, AHoleIsSuspectOnceItsGraceIsOver) {
  Hear(3);
  EXPECT_FALSE(SuspectsAfter(199ms));
  EXPECT_TRUE(SuspectsAfter(1ms));
  EXPECT_FALSE(SuspectsAfter(1s)) << "told once";
  Hear(4);
  EXPECT_FALSE(SuspectsAfter(1s)) << "it goes on behind the hole";
}

TEST_F(BusWatchTest, AHoleThatClosesInTimeWasNone) {
  Hear(4);
  Hear(3);
  Hear(2);
  EXPECT_FALSE(SuspectsAfter(1s));
  Hear(5);
  EXPECT_FALSE(SuspectsAfter(1s));
}

TEST_F(BusWatchTest, WhatIsSaidTwiceIsNothingNew) {
  Hear(2);
  Hear(2);
  Hear(1);
  EXPECT_FALSE(SuspectsAfter(1s));
}

TEST_F(BusWatchTest, ALateRepeatIsNoHole) {
  Hear(2);
  Hear(1);
  Hear(3);
  EXPECT_FALSE(SuspectsAfter(500ms));
}

TEST_F(BusWatchTest, ThreeMissedHeartbeatsAreSuspectAndTheSilentIsForgotten) {
  EXPECT_FALSE(SuspectsAfter(3499ms));
  EXPECT_TRUE(SuspectsAfter(1ms));
  EXPECT_FALSE(SuspectsAfter(60s));
  Hear(7);
  EXPECT_TRUE(SuspectsAfter(0s)) << "back from silence: what was said meanwhile is not known";
}

TEST_F(BusWatchTest, EachTopicAndEachProducerCountsForItself) {
  Hear(1, 1);
  Hear(1, 0, 2);
  EXPECT_TRUE(SuspectsAfter(0s));
  Hear(2);
  Hear(2, 1);
  Hear(2, 0, 2);
  EXPECT_FALSE(SuspectsAfter(1s));
  Hear(4, 1);
  EXPECT_TRUE(SuspectsAfter(1s));
}

TEST_F(BusWatchTest, ABusThatBeganAnewIsSuspect) {
  watch_.Hear({.began_anew = true}, now_);
  EXPECT_TRUE(SuspectsAfter(0s));
}

TEST_F(BusWatchTest, WhoDoesNotCountIsNotWatched) {
  watch_.Hear({}, now_);
  EXPECT_FALSE(SuspectsAfter(3s));
}

TEST_F(BusWatchTest, HolesWithoutEndAreGivenUpAtOnce) {
  for (std::uint64_t counter = 3; counter < 600; counter += 2) Hear(counter);
  EXPECT_TRUE(SuspectsAfter(0s));
}

TEST_F(BusWatchTest, MorePairsThanFitAreSuspectAndTakeNoMemory) {
  for (std::uint64_t producer = 2; producer < 5'000; ++producer) Hear(1, 0, producer);
  EXPECT_TRUE(SuspectsAfter(0s));
  Hear(2, 0, 4'999);
  EXPECT_TRUE(SuspectsAfter(0s));
}

}  // namespace
}  // namespace yap::hub
