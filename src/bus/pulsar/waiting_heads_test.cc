#include "bus/pulsar/internal/waiting_heads.h"

#include <gmock/gmock.h>

#include "bus/pulsar/limits.h"

namespace yap::bus::pulsar {
namespace {

using core::ChannelHead;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

ChannelHead Head(std::uint64_t channel, std::uint64_t seq, std::uint64_t epoch = 1) {
  return {core::ChannelId(channel), core::Seq(seq), core::Epoch(epoch)};
}

class WaitingHeadsTest : public ::testing::Test {
 protected:
  void Add(const ChannelHead& head) { lost_ += heads_.Add({&head, 1}); }
  void Remove(const ChannelHead& head) { heads_.Remove({&head, 1}); }

  WaitingHeads heads_;
  std::size_t lost_ = 0;
};

TEST_F(WaitingHeadsTest, TheHighestOfAChannelStays) {
  Add(Head(1, 5));
  Add(Head(1, 7));
  Add(Head(1, 6));
  EXPECT_THAT(heads_.Some(10), ElementsAre(Head(1, 7)));
}

TEST_F(WaitingHeadsTest, AnUnknownHeadOutranksKnownOnes) {
  Add(Head(1, 5));
  Add(Head(1, 0));
  Add(Head(1, 9));
  EXPECT_THAT(heads_.Some(10), ElementsAre(Head(1, 0)));
}

TEST_F(WaitingHeadsTest, OfTwoEpochsTheLaterToldCounts) {
  Add(Head(1, 50, 1));
  Add(Head(1, 3, 2));
  EXPECT_THAT(heads_.Some(10), ElementsAre(Head(1, 3, 2)));
}

TEST_F(WaitingHeadsTest, WhatMovedOnSinceItWasToldStays) {
  Add(Head(1, 5));
  Add(Head(2, 5));
  Add(Head(1, 6));
  Remove(Head(1, 5));
  Remove(Head(2, 5));
  EXPECT_THAT(heads_.Some(10), ElementsAre(Head(1, 6)));
  Remove(Head(1, 6));
  EXPECT_THAT(heads_.Some(10), IsEmpty());
}

TEST_F(WaitingHeadsTest, AnUnknownHeadIsNotToldByAKnownOne) {
  Add(Head(1, 0));
  Remove(Head(1, 8));
  EXPECT_FALSE(heads_.empty());
  Remove(Head(1, 0));
  EXPECT_TRUE(heads_.empty());
}

TEST_F(WaitingHeadsTest, FullTakesNoNewChannelButMovesOldOnes) {
  for (std::uint64_t channel = 1; channel <= kHeadsWaitingMax; ++channel) Add(Head(channel, 1));
  EXPECT_EQ(lost_, 0U);
  Add(Head(kHeadsWaitingMax + 1, 1));
  EXPECT_EQ(lost_, 1U);
  Add(Head(1, 2));
  EXPECT_EQ(lost_, 1U);
  EXPECT_THAT(heads_.Some(1), ElementsAre(Head(1, 2)));
}

}  // namespace
}  // namespace yap::bus::pulsar
