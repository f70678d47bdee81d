// core/counted_bus.h: the bus as a chat-service rings it: every envelope says who rang and the how
// manieth ring it is, so that gateways notice what they missed (core/envelope.h).
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "core/event_bus.h"

namespace yap::core {

// Thread-safe.
class CountedBus final : public EventBus {
 public:
  // `bus` outlives it. `topics`: how many the bus has. REQUIRES: topics >= 1.
  CountedBus(EventBus& bus, ProducerId producer, std::uint32_t topics);

  // Of what is handed in, `events` and `heads` go out. REQUIRES: all of one channel.
  void Publish(const Envelope& envelope) override;
  std::unique_ptr<Subscription> Subscribe(Handler handler) override;

  // A heartbeat on each topic; to be called about once a second.
  void Beat(RevocationHead revocations);

  // The topic of a channel: the same in every process of one configuration.
  static std::uint32_t TopicOf(ChannelId channel, std::uint32_t topics);

 private:
  void Send(std::uint32_t topic, Envelope envelope);

  EventBus& bus_;
  const ProducerId producer_;
  std::vector<std::atomic<std::uint64_t>> counters_;  // The last one given, by topic.
};

}  // namespace yap::core
