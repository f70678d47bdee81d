// What the bus does while its broker is well. bus_faults_test.cc has the rest.
#include <gmock/gmock.h>

#include "bus/pulsar/bus_testing.h"
#include "bus/pulsar/internal/metrics.h"
#include "bus/pulsar/limits.h"

namespace yap::bus::pulsar {
namespace {

using core::ProducerId;
using core::Seq;
using ::testing::IsEmpty;

class BusOverLinkTest : public BusFixture {};

TEST_F(BusOverLinkTest, AnEnvelopeComesAsItWent) {
  Start();
  const core::EventPtr event = MakeEvent(5, 1);
  const core::ChannelHead head = Head(6, 7);
  bus_->Publish({.producer = ProducerId(3),
                 .topic = 1,
                 .counter = 8,
                 .events = {&event, 1},
                 .heads = {&head, 1},
                 .revocations = {Seq(2), core::Epoch(9)}});
  Run(1ms);
  ASSERT_EQ(heard_.size(), 1U);
  const OwnedEnvelope& e = heard_[0];
  EXPECT_EQ(e.producer, ProducerId(3));
  EXPECT_EQ(e.topic, 1U);
  EXPECT_EQ(e.counter, 8U);
  EXPECT_EQ(*e.events.at(0), *event);
  EXPECT_EQ(e.heads.at(0), head);
  EXPECT_EQ(e.revocations.seq, Seq(2));
}

TEST_F(BusOverLinkTest, EachTopicHasItsOwn) {
  Start();
  core::CountedBus counted(*bus_, ProducerId(3), kTopics);
  counted.Beat({Seq(1), core::Epoch(9)});
  Run(1ms);
  EXPECT_EQ(broker_.Stored(TopicName(0)).size(), 1U);
  EXPECT_EQ(broker_.Stored(TopicName(1)).size(), 1U);
  EXPECT_EQ(heard_.size(), 2U);
}

TEST_F(BusOverLinkTest, TopicsAreNamedAfterTheOptions) {
  PulsarBusOptions options = Options();
  options.topics = PulsarBusOptions::Topics::kNonPersistent;
  options.name_space = "chat/prod";
  options.prefix = "yap";
  EXPECT_EQ(TopicNameOf(options, 12), "non-persistent://chat/prod/yap-12");
  EXPECT_EQ(TopicNameOf(Options(), 0), "persistent://public/default/yap-events-0");
}

TEST_F(BusOverLinkTest, AChatServiceConsumesNothing) {
  PulsarBusOptions options = Options();
  options.part = PulsarBusOptions::Part::kPublish;
  Start(options);
  Publish(5, 1);
  Run(1ms);
  EXPECT_TRUE(bus_->connected());
  EXPECT_EQ(broker_.Stored(TopicName()).size(), 1U);
  EXPECT_THAT(broker_.subscriptions, IsEmpty());
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(BusOverLinkTest, AGatewayPublishesNothing) {
  PulsarBusOptions options = Options();
  options.part = PulsarBusOptions::Part::kConsume;
  Start(options);
  Publish(5, 1);
  Run(1ms);
  EXPECT_TRUE(bus_->connected());
  EXPECT_EQ(broker_.producers_opened, 0);
  EXPECT_THAT(broker_.Stored(TopicName()), IsEmpty());
}

TEST_F(BusOverLinkTest, TwoProcessesHaveTwoSubscriptions) {
  Start();
  auto other = NewBus(Options());
  Run(100ms);
  EXPECT_EQ(broker_.subscriptions.size(), 2U * kTopics);
}

TEST_F(BusOverLinkTest, AcknowledgesTheLastOneAboutOnceASecond) {
  Start();
  for (std::uint64_t seq = 1; seq <= 50; ++seq) {
    Publish(5, seq);
    Run(100ms);
  }
  Run(1s);
  EXPECT_GE(broker_.acks, 5);
  EXPECT_LE(broker_.acks, 7);
  EXPECT_EQ(broker_.acked.at(TopicName()).entry, 50);
}

TEST_F(BusOverLinkTest, SilenceIsNotAcknowledged) {
  Start();
  Run(10s);
  EXPECT_EQ(broker_.acks, 0);
}

TEST_F(BusOverLinkTest, ForeignBytesAreDroppedCountedAndAcknowledged) {
  Start();
  const double before = Refused(Refusal::kForged).Value();
  broker_.Inject(TopicName(), std::string("\1", 1) + std::string(100, 'x'));
  Publish(5, 1);
  Run(2s);
  EXPECT_EQ(HeardEvents().size(), 1U);
  EXPECT_EQ(Refused(Refusal::kForged).Value(), before + 1);
  EXPECT_EQ(broker_.acked.at(TopicName()).entry, 2);
}

TEST_F(BusOverLinkTest, AnEnvelopeReplayedToAnotherTopicIsDropped) {
  Start();
  Publish(5, 1);
  Run(1ms);
  const double before = Refused(Refusal::kForged).Value();
  broker_.Inject(TopicName(1), broker_.Stored(TopicName(0)).at(0));
  Run(1ms);
  EXPECT_EQ(HeardEvents().size(), 1U);
  EXPECT_EQ(Refused(Refusal::kForged).Value(), before + 1);
}

TEST_F(BusOverLinkTest, AnEnvelopeThatSaysAnotherTopicIsDropped) {
  Start();
  const EnvelopeCodec codec(Key(), TopicName(0));
  OwnedEnvelope lie;
  lie.topic = 1;
  broker_.Inject(TopicName(0), codec.Encode(lie));
  Run(1ms);
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(BusOverLinkTest, ReadyWaitsUntilEverythingWorks) {
  broker_.up = false;
  bus_ = NewBus(Options());
  Result<> answer = Fail(Errc::kInternal, "", "not yet");
  bool answered = false;
  Spawn(io_.get_executor(),
        [](PulsarBus& bus, Clock& clock, Result<>& result, bool& done) -> asio::awaitable<void> {
          result = co_await bus.Ready(Deadline::After(clock, 30s));
          done = true;
        }(*bus_, clock_, answer, answered));
  Run(5s);
  EXPECT_FALSE(answered);
  broker_.up = true;
  Run(3s);
  EXPECT_TRUE(answered);
  EXPECT_TRUE(answer);
}

TEST_F(BusOverLinkTest, ReadySaysWhyNot) {
  broker_.up = false;
  bus_ = NewBus(Options());
  Result<> answer;
  Spawn(io_.get_executor(),
        [](PulsarBus& bus, Clock& clock, Result<>& result) -> asio::awaitable<void> {
          result = co_await bus.Ready(Deadline::After(clock, 1s));
        }(*bus_, clock_, answer));
  Run(2s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, "BUS_NOT_CONNECTED");
  EXPECT_EQ(answer.error().message,
            "nobody answers at the broker; check the broker's URL and that it runs");
}

class BusCloseTest : public BusFixture {
 protected:
  // Closes and says after how long it was done.
  Duration Close(Duration limit) {
    const MonoTime begin = clock_.Mono();
    MonoTime end{};
    Spawn(io_.get_executor(),
          [](PulsarBus& bus, Clock& clock, Duration max, MonoTime& at) -> asio::awaitable<void> {
            (void)co_await bus.Close(Deadline::After(clock, max));
            at = clock.Mono();
          }(*bus_, clock_, limit, end));
    clock_.RunFor(io_, 60s, [&] { return end != MonoTime{}; });
    return end - begin;
  }
};

TEST_F(BusCloseTest, SendsWhatWaitsAcknowledgesAndUnsubscribes) {
  Start();
  Publish(5, 1);
  Run(1ms);
  Publish(5, 2);
  EXPECT_LT(Close(5s), 100ms);
  EXPECT_EQ(broker_.Stored(TopicName()).size(), 2U);
  EXPECT_EQ(broker_.acked.at(TopicName()).entry, 1);
  EXPECT_THAT(broker_.subscriptions, IsEmpty());
}

TEST_F(BusCloseTest, TellsHeadsThatWait) {
  broker_.producers = false;
  Start();
  Publish(5, 1);
  Run(10ms);
  broker_.producers = true;
  Run(3s);
  broker_.receipts = FakeBroker::Receipts::kRefuse;
  broker_.refusal = MakeError(Errc::kResourceExhausted, "DRIVER_FULL", "full");
  Publish(6, 4);
  Run(10ms);
  broker_.receipts = FakeBroker::Receipts::kGive;
  Close(5s);
  const EnvelopeCodec codec(Key(), TopicName());
  const auto last = codec.Decode(broker_.Stored(TopicName()).back());
  EXPECT_EQ(last->heads, std::vector{Head(6, 4)});
}

TEST_F(BusCloseTest, WithoutABrokerItEndsWithTheDeadline) {
  Start();
  broker_.up = false;
  Publish(5, 1);
  EXPECT_LE(Close(2s), 2100ms);
}

TEST_F(BusCloseTest, WhatIsPublishedAfterItIsDropped) {
  Start();
  Close(5s);
  Publish(5, 1);
  Run(1s);
  EXPECT_THAT(broker_.Stored(TopicName()), IsEmpty());
}

// On the bus's own thread closing begins at once, before what was posted to it.
TEST_F(BusCloseTest, BeforeAnythingStartedIsNoError) {
  asio::post(io_, [this] {
    bus_ = NewBus(Options());
    EXPECT_LT(Close(5s), 1s);
  });
  Run(1s);
  EXPECT_EQ(broker_.connects, 0);
}

}  // namespace
}  // namespace yap::bus::pulsar
