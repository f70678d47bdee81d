// What every bus must do while nothing is broken: the port allows it to lose and reorder, but a bus
// that does so in health would make everybody poll.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <map>
#include <mutex>
#include <thread>

#include "bus/event_bus_contract.h"

namespace yap::bus {
namespace {

using namespace std::chrono_literals;
using core::ChannelId;
using core::Event;
using core::EventPtr;
using core::Seq;

EventPtr MakeEvent(std::uint64_t channel, std::uint64_t seq, std::string text = "hello") {
  Event event;
  event.channel = ChannelId(channel);
  event.seq = Seq(seq);
  event.epoch = core::Epoch(9);
  event.actor = {core::UserId(7), "ada"};
  event.body = core::MessagePosted{std::move(text), Seq()};
  return std::make_shared<const Event>(std::move(event));
}

// Collects what a handler is given, on whatever thread.
class Recorder {
 public:
  core::EventBus::Handler handler() {
    return [this](const core::Envelope& envelope) {
      std::lock_guard lock(mutex_);
      for (const EventPtr& event : envelope.events) events_.push_back(event);
      envelopes_.push_back(envelope);
      envelopes_.back().events = {};
      heads_.insert(heads_.end(), envelope.heads.begin(), envelope.heads.end());
      more_.notify_all();
    };
  }
  // Whether `count` events come within 10 s.
  bool Wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, 10s, [&] { return events_.size() >= count; });
  }
  bool WaitForEnvelopes(std::size_t count) {
    std::unique_lock lock(mutex_);
    return more_.wait_for(lock, 10s, [&] { return envelopes_.size() >= count; });
  }
  std::vector<EventPtr> events() {
    std::lock_guard lock(mutex_);
    return events_;
  }
  // Without their views.
  std::vector<core::Envelope> envelopes() {
    std::lock_guard lock(mutex_);
    return envelopes_;
  }
  std::vector<core::ChannelHead> heads() {
    std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<EventPtr> events_;
  std::vector<core::Envelope> envelopes_;
  std::vector<core::ChannelHead> heads_;
};

class EventBusContractTest : public ::testing::TestWithParam<BusAdapter> {
 protected:
  void SetUp() override {
    if (!bus_) GTEST_SKIP() << GetParam().needs;
  }

  const std::unique_ptr<core::EventBus> bus_ = GetParam().make();
};

TEST_P(EventBusContractTest, EverySubscriberIsToldTheWholeEvents) {
  Recorder a;
  Recorder b;
  auto first = bus_->Subscribe(a.handler());
  auto second = bus_->Subscribe(b.handler());
  const std::vector<EventPtr> events = {MakeEvent(1, 1, std::string("nul\0byte", 8)),
                                        MakeEvent(1, 2, std::string(16 * 1024, 'x'))};
  bus_->Publish({.events = events});
  ASSERT_TRUE(a.Wait(2) && b.Wait(2));
  EXPECT_EQ(*a.events()[0], *events[0]);
  EXPECT_EQ(*a.events()[1], *events[1]);
  EXPECT_EQ(*b.events()[1], *events[1]);
}

TEST_P(EventBusContractTest, WhoRangAndWhatItToldArriveUnchanged) {
  Recorder recorder;
  auto subscription = bus_->Subscribe(recorder.handler());
  const core::ChannelHead head{ChannelId(7), core::Seq(8), core::Epoch(9)};
  const core::RevocationHead revocations{core::Seq(3), core::Epoch(9)};
  bus_->Publish({.producer = core::ProducerId(5), .counter = 1, .heads = {&head, 1}});
  bus_->Publish({.producer = core::ProducerId(5), .counter = 2, .revocations = revocations});
  ASSERT_TRUE(recorder.WaitForEnvelopes(2));
  const auto got = recorder.envelopes();
  EXPECT_EQ(got[0].producer, core::ProducerId(5));
  EXPECT_EQ(got[0].counter, 1U);
  EXPECT_EQ(recorder.heads(), std::vector{head});
  EXPECT_EQ(got[1].counter, 2U);
  EXPECT_EQ(got[1].revocations, revocations);
  EXPECT_FALSE(got[0].began_anew || got[1].began_anew);
}

TEST_P(EventBusContractTest, PublishWithoutSubscribersIsNoError) {
  bus_->Publish({});
  const EventPtr early = MakeEvent(1, 1);
  bus_->Publish({.events = {&early, 1}});
  Recorder recorder;
  auto subscription = bus_->Subscribe(recorder.handler());
  const EventPtr late = MakeEvent(1, 2);
  bus_->Publish({.events = {&late, 1}});
  EXPECT_TRUE(recorder.Wait(1));
}

TEST_P(EventBusContractTest, EndedSubscriptionIsNotCalledAndOthersAre) {
  Recorder ended;
  Recorder stays;
  auto a = bus_->Subscribe(ended.handler());
  auto b = bus_->Subscribe(stays.handler());
  a.reset();
  const EventPtr event = MakeEvent(1, 1);
  bus_->Publish({.events = {&event, 1}});
  ASSERT_TRUE(stays.Wait(1));
  EXPECT_TRUE(ended.events().empty());
}

TEST_P(EventBusContractTest, EndingASubscriptionWaitsForTheRunningCall) {
  std::latch entered(1);
  std::latch release(1);
  std::atomic<bool> returned = false;
  auto subscription = bus_->Subscribe([&](const core::Envelope&) {
    entered.count_down();
    release.wait();
    returned = true;
  });
  std::jthread publisher([&] {
    const EventPtr event = MakeEvent(1, 1);
    bus_->Publish({.events = {&event, 1}});
  });
  entered.wait();
  std::jthread releaser([&] { release.count_down(); });
  subscription.reset();
  EXPECT_TRUE(returned);
}

TEST_P(EventBusContractTest, ManyPublishersLoseNothingAndKeepEachChannelsOrder) {
  constexpr std::uint64_t kThreads = 4;
  const std::uint64_t burst = GetParam().burst_max / kThreads;
  Recorder recorder;
  auto subscription = bus_->Subscribe(recorder.handler());
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t channel = 1; channel <= kThreads; ++channel) {
      threads.emplace_back([&, channel] {
        for (std::uint64_t seq = 1; seq <= burst; ++seq) {
          const EventPtr event = MakeEvent(channel, seq);
          bus_->Publish({.events = {&event, 1}});
        }
      });
    }
  }
  ASSERT_TRUE(recorder.Wait(kThreads * burst));
  std::map<ChannelId, std::uint64_t> last;
  for (const EventPtr& event : recorder.events()) {
    EXPECT_EQ(event->seq.value, ++last[event->channel]);
  }
}

// With the thread sanitizer this is the test of the bookkeeping.
TEST_P(EventBusContractTest, SubscribersComeAndGoWhileOthersPublish) {
  std::atomic<bool> stop = false;
  std::jthread publisher([&] {
    for (std::uint64_t seq = 1; !stop; ++seq) {
      const EventPtr event = MakeEvent(1, seq);
      bus_->Publish({.events = {&event, 1}});
    }
  });
  std::vector<std::jthread> threads;
  std::atomic<int> late_calls = 0;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        std::atomic<bool> over = false;
        auto subscription = bus_->Subscribe([&](const core::Envelope&) {
          if (over) ++late_calls;
        });
        subscription.reset();
        over = true;
      }
    });
  }
  threads.clear();
  stop = true;
  EXPECT_EQ(late_calls, 0);
}

INSTANTIATE_TEST_SUITE_P(Adapters, EventBusContractTest, ::testing::ValuesIn(BusAdapters()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace yap::bus
