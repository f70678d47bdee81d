// What the bus does while its broker is not well: crash points 5, 6 and 9 of the delivery contract,
// as far as they are the bus's.
#include <gmock/gmock.h>

#include "bus/pulsar/bus_testing.h"
#include "bus/pulsar/internal/metrics.h"
#include "bus/pulsar/limits.h"
#include "drivers/error.h"

namespace yap::bus::pulsar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Receipts = FakeBroker::Receipts;

class BusFaultsTest : public BusFixture {
 protected:
  void Refuse(Errc code, std::string_view reason) {
    broker_.receipts = Receipts::kRefuse;
    broker_.refusal = MakeError(code, reason, "as the test says");
  }
};

TEST_F(BusFaultsTest, WithoutABrokerPublishingGoesOnAndTheHeadsAreToldOnItsReturn) {
  broker_.up = false;
  Start();
  Publish(5, 1);
  Publish(5, 2);
  Publish(6, 1);
  Run(60s);
  EXPECT_FALSE(bus_->connected());
  broker_.up = true;
  Run(3s);
  EXPECT_TRUE(bus_->connected());
  EXPECT_THAT(HeardEvents(), IsEmpty());
  EXPECT_THAT(HeardHeads(), ElementsAre(Head(5, 2), Head(6, 1)));
  EXPECT_FALSE(heard_.back().producer) << "nobody counts it";
}

TEST_F(BusFaultsTest, BackWithinTenSecondsHoweverLongTheBrokerWasAway) {
  broker_.up = false;
  Start();
  Run(std::chrono::hours(1));
  broker_.up = true;
  Run(kRetryPauseMax + 1s);
  EXPECT_TRUE(bus_->connected());
}

TEST_F(BusFaultsTest, ConnectingIsTriedWithGrowingPauses) {
  broker_.up = false;
  Start();
  Run(60s);
  EXPECT_GT(broker_.connects, 30);
  EXPECT_LT(broker_.connects, 70);
}

TEST_F(BusFaultsTest, ALateReceiptLeavesTheHead) {
  Start();
  broker_.receipts = Receipts::kNever;
  Publish(5, 1);
  Run(kReceiptLimit + 100ms);
  broker_.receipts = Receipts::kGive;
  Run(1s);
  EXPECT_THAT(HeardHeads(), ElementsAre(Head(5, 1)));
}

TEST_F(BusFaultsTest, ALostReceiptTellsTwiceAndThatIsAll) {
  Start();
  broker_.receipts = Receipts::kStoreButNever;
  Publish(5, 1);
  Run(kReceiptLimit + 100ms);
  broker_.receipts = Receipts::kGive;
  Run(10s);
  EXPECT_THAT(HeardEvents(), SizeIs(1));
  EXPECT_THAT(HeardHeads(), ElementsAre(Head(5, 1)));
}

TEST_F(BusFaultsTest, HeadsAreToldAgainUntilTheReceiptComes) {
  broker_.producers = false;
  Start();
  Publish(5, 1);
  Run(10ms);
  Refuse(Errc::kResourceExhausted, drivers::kFull);
  broker_.producers = true;
  Run(60s);
  EXPECT_THAT(HeardHeads(), IsEmpty());
  broker_.receipts = Receipts::kGive;
  Run(2s);
  EXPECT_THAT(HeardHeads(), ElementsAre(Head(5, 1)));
  Run(60s);
  EXPECT_THAT(HeardHeads(), SizeIs(1));
}

TEST_F(BusFaultsTest, AHeadThatMovesOnWhileItIsToldIsToldAgain) {
  Start();
  broker_.receipts = Receipts::kStoreButNever;
  Publish(5, 1);
  Run(kReceiptLimit + kHeadsPause + 10ms);  // The head is on its way, without receipt.
  Refuse(Errc::kResourceExhausted, drivers::kFull);
  Publish(5, 2);
  Run(10ms);
  broker_.receipts = Receipts::kGive;
  Run(10s);
  EXPECT_EQ(HeardHeads().back(), Head(5, 2));
}

TEST_F(BusFaultsTest, AFullProducerDropsEventsAndKeepsOneHeadPerChannel) {
  Start();
  broker_.receipts = Receipts::kNever;
  broker_.pending_max = 10;
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) {
    Publish(5, seq);
    Publish(6, seq);
  }
  Run(kReceiptLimit + 100ms);
  broker_.receipts = Receipts::kGive;
  Run(kReceiptLimit + 1s);  // Heads may have been on their way when receipts came back.
  EXPECT_THAT(HeardEvents(), IsEmpty());
  EXPECT_THAT(HeardHeads(), ElementsAre(Head(5, 1000), Head(6, 1000)));
  EXPECT_EQ(broker_.producers_opened, static_cast<int>(kTopics))
      << "full is no reason for a new one";
}

TEST_F(BusFaultsTest, AFullQueueKeepsOneHeadPerChannel) {
  Start();
  const double dropped = SendFailures("queue_full").Value();
  for (std::uint64_t seq = 1; seq <= kQueuedEnvelopesMax + 500; ++seq) Publish(5, seq);
  Run(1s);
  EXPECT_EQ(SendFailures("queue_full").Value() - dropped, 500);
  EXPECT_THAT(HeardEvents(), SizeIs(kQueuedEnvelopesMax));
  EXPECT_THAT(HeardHeads(), ElementsAre(Head(5, kQueuedEnvelopesMax + 500)));
}

TEST_F(BusFaultsTest, AnErrorOfTheProducerOpensANewOne) {
  Start();
  Refuse(Errc::kFailedPrecondition, drivers::kClosed);
  Publish(5, 1);
  Run(10ms);
  EXPECT_FALSE(bus_->connected());
  broker_.receipts = Receipts::kGive;
  Run(2s);
  EXPECT_TRUE(bus_->connected());
  EXPECT_EQ(broker_.producers_opened, static_cast<int>(kTopics) + 1);
  EXPECT_THAT(HeardHeads(), ElementsAre(Head(5, 1)));
}

TEST_F(BusFaultsTest, LateReceiptsOpenANewProducerOnlyAfterALongSilence) {
  Start();
  Run(kReceiptSilenceMax * 2);
  Publish(5, 1);
  Run(1s);
  broker_.receipts = Receipts::kNever;
  for (std::uint64_t seq = 2; seq <= 6; ++seq) {
    Publish(5, seq);
    Run(1s);
  }
  EXPECT_EQ(broker_.producers_opened, static_cast<int>(kTopics));
  for (std::uint64_t seq = 7; seq <= 20; ++seq) {
    Publish(5, seq);
    Run(1s);
  }
  EXPECT_GT(broker_.producers_opened, static_cast<int>(kTopics));
}

TEST_F(BusFaultsTest, OpeningsThatKeepFailingMakeANewConnection) {
  broker_.producers = false;
  Start();
  Run(30s);
  EXPECT_GT(broker_.connects, 1);
  EXPECT_LT(broker_.connects, 30);
  broker_.producers = true;
  Run(10s);
  EXPECT_TRUE(bus_->connected());
}

TEST_F(BusFaultsTest, AStreamThatEndsIsCountedAndItsNextLifeIsTold) {
  Start();
  const double losses = BusMetrics().consumer_losses.Value();
  broker_.EndStreams(MakeError(Errc::kUnavailable, drivers::kBroken, "the stream ended"));
  Run(10ms);
  EXPECT_FALSE(bus_->connected());
  EXPECT_EQ(BusMetrics().consumer_losses.Value(), losses + kTopics);
  EXPECT_EQ(began_, 0);
  broker_.Resubscribe();
  Run(10ms);
  EXPECT_TRUE(bus_->connected());
  EXPECT_EQ(began_, static_cast<int>(kTopics));
}

TEST_F(BusFaultsTest, AConsumerThatComesLateSaysThatItBegins) {
  broker_.up = false;
  Start();
  broker_.up = true;
  Run(3s);
  EXPECT_EQ(began_, static_cast<int>(kTopics));
}

TEST_F(BusFaultsTest, ABusThatIsDestroyedWhileBusyLeavesNothingBehind) {
  Start();
  broker_.receipts = Receipts::kNever;
  Publish(5, 1);
  Run(10ms);
  subscription_.reset();
  bus_.reset();
  Run(30s);
  EXPECT_EQ(BusMetrics().heads_waiting.Value(), 0);
  EXPECT_EQ(BusMetrics().topics_consuming.Value(), 0);
  EXPECT_EQ(BusMetrics().topics_publishing.Value(), 0);
  EXPECT_THAT(broker_.subscriptions, SizeIs(kTopics)) << "as after a crash";
}

TEST_F(BusFaultsTest, CountersShowWhatWasDropped) {
  Start();
  Publish(5, 1);
  Run(10ms);
  Refuse(Errc::kResourceExhausted, drivers::kFull);
  Publish(5, 2);
  Run(10ms);
  broker_.receipts = Receipts::kGive;
  Publish(5, 3);
  Run(10ms);
  ASSERT_THAT(heard_, SizeIs(2));
  EXPECT_EQ(heard_[0].counter, 1U);
  EXPECT_EQ(heard_[1].counter, 3U);
}

}  // namespace
}  // namespace yap::bus::pulsar
