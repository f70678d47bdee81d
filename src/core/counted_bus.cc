#include "core/counted_bus.h"

#include "base/check.h"
#include "base/metrics.h"

namespace yap::core {

CountedBus::CountedBus(EventBus& bus, ProducerId producer, std::uint32_t topics)
    : bus_(bus), producer_(producer), counters_(topics) {
  YAP_CHECK(topics >= 1);
}

std::uint32_t CountedBus::TopicOf(ChannelId channel, std::uint32_t topics) {
  return static_cast<std::uint32_t>(std::hash<ChannelId>()(channel) % topics);
}

void CountedBus::Publish(const Envelope& envelope) {
  if (envelope.events.empty() && envelope.heads.empty()) return;
  const ChannelId channel =
      envelope.events.empty() ? envelope.heads.front().channel : envelope.events.front()->channel;
  static auto rings = metrics::NewCounter(
      "yap_bus_rings_total", "Envelopes handed to the bus because something was appended.");
  rings.Add();
  Send(TopicOf(channel, static_cast<std::uint32_t>(counters_.size())),
       {.events = envelope.events, .heads = envelope.heads});
}

std::unique_ptr<EventBus::Subscription> CountedBus::Subscribe(Handler handler) {
  return bus_.Subscribe(std::move(handler));
}

void CountedBus::Beat(RevocationHead revocations) {
  for (std::uint32_t topic = 0; topic < counters_.size(); ++topic) {
    Send(topic, {.revocations = revocations});
  }
}

void CountedBus::Send(std::uint32_t topic, Envelope envelope) {
  envelope.producer = producer_;
  envelope.topic = topic;
  envelope.counter = ++counters_[topic];
  bus_.Publish(envelope);
}

}  // namespace yap::core
