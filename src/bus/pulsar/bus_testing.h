// bus/pulsar/bus_testing.h: a bus over the fake broker, under the simulated clock.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sim_clock.h"
#include "bus/pulsar/fake_link_testing.h"
#include "bus/pulsar/internal/engine.h"
#include "core/counted_bus.h"

namespace yap::bus::pulsar {

using namespace std::chrono_literals;  // NOLINT: literals only.

inline core::EventPtr MakeEvent(std::uint64_t channel, std::uint64_t seq,
                                std::string text = "hello") {
  auto event = std::make_shared<core::Event>();
  event->channel = core::ChannelId(channel);
  event->seq = core::Seq(seq);
  event->epoch = core::Epoch(9);
  event->body = core::MessagePosted{std::move(text), core::Seq()};
  return event;
}

class BusFixture : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kTopics = 2;

  static PulsarBusOptions Options() {
    PulsarBusOptions options;
    options.url = "pulsar://fake:1";
    options.count = kTopics;
    return options;
  }
  static Secret Key() { return Secret(std::string(32, 'k')); }

  std::unique_ptr<PulsarBus> NewBus(const PulsarBusOptions& options) {
    return NewPulsarBus(options, Key(), broker_.connect(), io_.get_executor(), clock_, random_);
  }
  // A bus that has connected, with a handler that writes down what it is told from then on.
  void Start(const PulsarBusOptions& options = Options()) {
    options_ = options;
    bus_ = NewBus(options);
    Run(100ms);
    Listen();
  }
  void Listen() {
    subscription_ = bus_->Subscribe([this](const core::Envelope& e) {
      heard_.emplace_back(e);
      began_ += e.began_anew;
    });
  }
  void Run(Duration span) { clock_.RunFor(io_, span); }
  void TearDown() override {
    subscription_.reset();
    bus_.reset();
    Run(1s);
  }

  // On topic 0.
  void Publish(std::uint64_t channel, std::uint64_t seq, std::string text = "hello") {
    const core::EventPtr event = MakeEvent(channel, seq, std::move(text));
    bus_->Publish({.producer = core::ProducerId(1), .counter = ++counter_, .events = {&event, 1}});
  }
  std::string TopicName(std::uint32_t topic = 0) const { return TopicNameOf(options_, topic); }

  std::vector<core::EventPtr> HeardEvents() const {
    std::vector<core::EventPtr> events;
    for (const auto& e : heard_) events.insert(events.end(), e.events.begin(), e.events.end());
    return events;
  }
  std::vector<core::ChannelHead> HeardHeads() const {
    std::vector<core::ChannelHead> heads;
    for (const auto& e : heard_) heads.insert(heads.end(), e.heads.begin(), e.heads.end());
    return heads;
  }
  static core::ChannelHead Head(std::uint64_t channel, std::uint64_t seq) {
    return {core::ChannelId(channel), core::Seq(seq), core::Epoch(9)};
  }

  asio::io_context io_;
  SimClock clock_;
  SeededRandom random_{1};
  FakeBroker broker_{io_, clock_};
  PulsarBusOptions options_ = Options();
  std::vector<OwnedEnvelope> heard_;
  int began_ = 0;  // Envelopes with began_anew.
  std::uint64_t counter_ = 0;
  std::unique_ptr<PulsarBus> bus_;
  std::unique_ptr<core::EventBus::Subscription> subscription_;
};

}  // namespace yap::bus::pulsar
