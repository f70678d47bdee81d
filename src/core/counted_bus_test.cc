#include "core/counted_bus.h"

#include <gtest/gtest.h>

#include <map>

#include "bus/memory/memory_bus.h"

namespace yap::core {
namespace {

EventPtr EventOf(std::uint64_t channel) {
  auto event = std::make_shared<Event>();
  event->channel = ChannelId(channel);
  return event;
}

class CountedBusTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kTopics = 4;

  void Publish(std::uint64_t channel) {
    const EventPtr event = EventOf(channel);
    bus_.Publish({.events = {&event, 1}});
  }

  std::unique_ptr<EventBus> inner_ = bus::NewMemoryBus();
  CountedBus bus_{*inner_, ProducerId(5), kTopics};
  std::vector<Envelope> heard_;
  std::unique_ptr<EventBus::Subscription> subscription_ =
      bus_.Subscribe([this](const Envelope& e) { heard_.push_back(e); });
};

TEST_F(CountedBusTest, CountsEachTopicWithoutHoles) {
  for (std::uint64_t channel = 1; channel <= 200; ++channel) Publish(channel);
  bus_.Beat({Seq(3), Epoch(1)});
  std::map<std::uint32_t, std::uint64_t> last;
  for (const Envelope& e : heard_) {
    EXPECT_EQ(e.producer, ProducerId(5));
    EXPECT_EQ(e.counter, ++last[e.topic]);
  }
  EXPECT_EQ(last.size(), kTopics);
}

TEST_F(CountedBusTest, AChannelKeepsItsTopic) {
  for (int i = 0; i < 3; ++i) Publish(42);
  for (const Envelope& e : heard_) {
    EXPECT_EQ(e.topic, CountedBus::TopicOf(ChannelId(42), kTopics));
  }
}

TEST_F(CountedBusTest, AHeartbeatGoesToEveryTopicAndTellsTheRevocations) {
  bus_.Beat({Seq(3), Epoch(1)});
  ASSERT_EQ(heard_.size(), kTopics);
  for (const Envelope& e : heard_) {
    EXPECT_TRUE(e.events.empty());
    EXPECT_EQ(e.revocations, (RevocationHead{Seq(3), Epoch(1)}));
  }
}

TEST_F(CountedBusTest, NothingToTellIsNotCounted) {
  bus_.Publish({});
  EXPECT_TRUE(heard_.empty());
}

}  // namespace
}  // namespace yap::core
