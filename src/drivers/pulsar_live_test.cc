// Against a real broker: YAP_TEST_PULSAR=pulsar://host:port says where. Uses topics of its own in
// public/default.
#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "base/random.h"
#include "drivers/drivers_testing.h"
#include "drivers/pulsar.h"

namespace yap::drivers {
namespace {

using Kind = ConsumerEvent::Kind;

constexpr auto kLimit = 20s;

class PulsarLiveTest : public DriversTest {
 protected:
  void SetUp() override {
    const char* url = std::getenv("YAP_TEST_PULSAR");
    if (url == nullptr) GTEST_SKIP() << "YAP_TEST_PULSAR=pulsar://host:port names no broker";
    auto pulsar = Run(Pulsar::Connect(runtime_, {.url = url}, In(kLimit)));
    ASSERT_TRUE(pulsar) << pulsar.error().message;
    pulsar_ = *std::move(pulsar);
    topic_ = "persistent://public/default/yap-drivers-" + std::to_string(SystemRandom().NextId());
  }

  std::unique_ptr<PulsarProducer> Producer(ProducerOptions options = {}) {
    if (options.topic.empty()) options.topic = topic_;
    auto producer = Run(pulsar_->OpenProducer(std::move(options), In(kLimit)));
    EXPECT_TRUE(producer) << producer.error().message;
    return producer ? *std::move(producer) : nullptr;
  }

  struct Reader {
    std::vector<PulsarMessage> messages;
    std::vector<Kind> events;
    Error lost;
    std::unique_ptr<PulsarConsumer> consumer;

    std::vector<std::string> Payloads() const {
      std::vector<std::string> payloads;
      for (const auto& message : messages) payloads.push_back(message.payload);
      return payloads;
    }
    bool Had(Kind kind) const { return std::ranges::count(events, kind) > 0; }
  };
  std::unique_ptr<Reader> Open(ConsumerOptions options) {
    auto reader = std::make_unique<Reader>();
    options.topic = topic_;
    if (options.subscription.empty()) options.subscription = "sub";
    reader->consumer = pulsar_->OpenConsumer(
        std::move(options), io_.get_executor(),
        {.on_message = [r = reader.get()](PulsarMessage m) { r->messages.push_back(std::move(m)); },
         .on_event =
             [r = reader.get()](const ConsumerEvent& event) {
               r->events.push_back(event.kind);
               if (event.kind == Kind::kLost) r->lost = event.error;
             }});
    return reader;
  }
  std::unique_ptr<Reader> OpenAndWait(ConsumerOptions options = {}) {
    auto reader = Open(std::move(options));
    EXPECT_TRUE(RunUntil([&] { return reader->Had(Kind::kSubscribed); })) << reader->lost.message;
    return reader;
  }
  bool Receives(const Reader& reader, std::size_t count) {
    return RunUntil([&] { return reader.messages.size() >= count; });
  }
  MessageId Send(PulsarProducer& producer, const std::string& payload) {
    auto id = Run(producer.Send(payload, kLimit));
    EXPECT_TRUE(id) << id.error().message;
    return id ? *id : MessageId{};
  }

  std::unique_ptr<Pulsar> pulsar_;
  std::string topic_;
};

TEST_F(PulsarLiveTest, WhatIsSentComesInOrderWithItsIdAndTime) {
  const auto reader = OpenAndWait();
  const auto producer = Producer();
  const MessageId first = Send(*producer, "one");
  const MessageId second = Send(*producer, std::string("\0two", 4));
  ASSERT_TRUE(Receives(*reader, 2));
  EXPECT_EQ(reader->Payloads(), (std::vector<std::string>{"one", std::string("\0two", 4)}));
  EXPECT_LT(first, second);
  EXPECT_EQ(reader->messages[1].id.entry, second.entry);
  EXPECT_LT(SystemClock().Now() - reader->messages[0].publish_time, 1min);
}

TEST_F(PulsarLiveTest, NextConsumerGoesOnAfterTheLastAck) {
  const auto producer = Producer();
  auto first = OpenAndWait();
  for (int i = 0; i < 10; ++i) Send(*producer, std::to_string(i));
  ASSERT_TRUE(Receives(*first, 10));
  first->consumer->AckCumulative(first->messages[5].id);
  ASSERT_TRUE(Run(first->consumer->Close(PulsarConsumer::Subscription::kKeep, In(kLimit))));
  first.reset();
  const auto second = OpenAndWait();
  ASSERT_TRUE(Receives(*second, 4));
  EXPECT_EQ(second->Payloads(), (std::vector<std::string>{"6", "7", "8", "9"}));
}

TEST_F(PulsarLiveTest, RemovedSubscriptionBeginsAnew) {
  const auto producer = Producer();
  auto first = OpenAndWait();
  Send(*producer, "missed");
  ASSERT_TRUE(Receives(*first, 1));
  ASSERT_TRUE(Run(first->consumer->Close(PulsarConsumer::Subscription::kRemove, In(kLimit))));
  first.reset();
  const auto second = OpenAndWait();
  Send(*producer, "seen");
  ASSERT_TRUE(Receives(*second, 1));
  EXPECT_EQ(second->Payloads().front(), "seen");
}

TEST_F(PulsarLiveTest, EarliestBeginsAtTheBeginning) {
  const auto producer = Producer();
  const auto keeper = OpenAndWait({.subscription = "keeper"});  // Keeps the topic's messages.
  Send(*producer, "early");
  const auto reader = OpenAndWait({.start = ConsumerOptions::Start::kEarliest});
  EXPECT_TRUE(Receives(*reader, 1));
}

TEST_F(PulsarLiveTest, SecondConsumerOfASubscriptionIsToldThatItIsBusy) {
  const auto first = OpenAndWait();
  const auto second = Open({});
  ASSERT_TRUE(RunUntil([&] { return second->Had(Kind::kLost); }));
  EXPECT_EQ(second->lost.reason, kBusy) << second->lost.message;
  EXPECT_FALSE(second->Had(Kind::kSubscribed));
}

TEST_F(PulsarLiveTest, ConsumerThatWaitsGetsTheSubscriptionWhenItIsFree) {
  auto first = OpenAndWait();
  const auto second = Open({});
  ASSERT_TRUE(RunUntil([&] { return second->Had(Kind::kLost); }));
  first.reset();
  EXPECT_TRUE(RunUntil([&] { return second->Had(Kind::kSubscribed); }));
}

TEST_F(PulsarLiveTest, CreditsBoundWhatWaits) {
  const auto producer = Producer();
  const auto reader = OpenAndWait({.credits = 3});
  for (int i = 0; i < 100; ++i) Send(*producer, std::to_string(i));
  ASSERT_TRUE(Receives(*reader, 100));  // Each handler that returned made room for one more.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(reader->messages[i].payload, std::to_string(i));
}

TEST_F(PulsarLiveTest, MoreThanMayWaitIsFull) {
  const auto producer = Producer({.pending_messages_max = 10});
  int ok = 0;
  int full = 0;
  for (int i = 0; i < 1'000; ++i) {
    producer->Send("x", kLimit, io_.get_executor(), [&](const Result<MessageId>& result) {
      ++(result ? ok : full);
      if (!result) EXPECT_EQ(result.error().reason, kFull);
    });
  }
  ASSERT_TRUE(RunUntil([&] { return ok + full == 1'000; }));
  EXPECT_GE(ok, 10);
  EXPECT_GT(full, 0);
  const Error large = FailureOf(producer->Send(std::string(kPayloadBytesMax + 1, 'x'), kLimit));
  EXPECT_EQ(large.reason, kInvalid);
}

TEST_F(PulsarLiveTest, CloseWaitsForAllThatIsPending) {
  const auto producer = Producer();
  int answered = 0;
  for (int i = 0; i < 200; ++i) {
    producer->Send("x", kLimit, io_.get_executor(), [&](const Result<MessageId>& result) {
      EXPECT_TRUE(result);
      ++answered;
    });
  }
  ASSERT_TRUE(Run(producer->Close(In(kLimit))));
  EXPECT_TRUE(RunUntil([&] { return answered == 200; }));
  EXPECT_EQ(FailureOf(producer->Send("late", kLimit)).reason, kClosed);
}

TEST_F(PulsarLiveTest, DestroyedProducerAnswersAllThatIsPending) {
  auto producer = Producer();
  int answered = 0;
  for (int i = 0; i < 2'000; ++i) {
    producer->Send("x", kLimit, io_.get_executor(), [&](const Result<MessageId>&) { ++answered; });
  }
  producer.reset();
  EXPECT_TRUE(RunUntil([&] { return answered == 2'000; })) << answered;
}

TEST_F(PulsarLiveTest, MessageWithoutTimeIsNotSent) {
  const auto producer = Producer();
  EXPECT_EQ(FailureOf(producer->Send("x", 0s)).reason, kNotSent);
}

TEST_F(PulsarLiveTest, UnknownNamespaceIsSaidSo) {
  const Error error = FailureOf(
      pulsar_->OpenProducer({.topic = "persistent://public/nobody-has-it/t"}, In(kLimit)));
  EXPECT_EQ(error.reason, kNoTopic) << error.message;
}

TEST_F(PulsarLiveTest, ProducersAndConsumersOutliveTheClient) {
  const auto reader = OpenAndWait();
  const auto producer = Producer();
  pulsar_.reset();
  Send(*producer, "still here");
  EXPECT_TRUE(Receives(*reader, 1));
}

TEST_F(PulsarLiveTest, NonPersistentTopicDelivers) {
  topic_ = "non-" + topic_;
  const auto reader = OpenAndWait();
  const auto producer = Producer();
  Send(*producer, "fast");
  EXPECT_TRUE(Receives(*reader, 1));
}

TEST_F(PulsarLiveTest, NoHandlerRunsAfterTheConsumerIsGone) {
  const auto producer = Producer();
  auto reader = OpenAndWait();
  for (int i = 0; i < 100; ++i) Send(*producer, "x");
  ASSERT_TRUE(Receives(*reader, 1));
  reader.reset();  // A handler that ran now would write into freed memory.
  EXPECT_TRUE(RunUntil([] { return yd_live_callbacks() == 0; }));
}

}  // namespace
}  // namespace yap::drivers
