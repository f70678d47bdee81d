#include "bus/pulsar/internal/publish_queue.h"

#include <utility>

#include "bus/pulsar/limits.h"

namespace yap::bus::pulsar {

std::size_t RoughBytes(const OwnedEnvelope& envelope) {
  std::size_t bytes = sizeof(OwnedEnvelope) + envelope.heads.size() * sizeof(core::ChannelHead);
  for (const core::EventPtr& event : envelope.events) {
    bytes += sizeof(core::Event);
    if (const auto* message = std::get_if<core::MessagePosted>(&event->body)) {
      bytes += message->text.size();
    }
  }
  return bytes;
}

PublishQueue::Pushed PublishQueue::Push(OwnedEnvelope envelope) {
  const std::size_t bytes = RoughBytes(envelope);
  return state_.With([&](State& s) {
    Pushed pushed{.first = !std::exchange(s.told, true)};
    Waiting& w = s.waiting;
    pushed.dropped = w.envelopes.size() >= kQueuedEnvelopesMax || s.bytes + bytes > kQueuedBytesMax;
    if (pushed.dropped) {
      w.heads_lost += w.dropped[envelope.topic].Add(HeadsOf(envelope));
    } else {
      s.bytes += bytes;
      w.envelopes.push_back(std::move(envelope));
    }
    return pushed;
  });
}

PublishQueue::Waiting PublishQueue::TakeAll() {
  return state_.With([](State& s) { return std::exchange(s, State()).waiting; });
}

}  // namespace yap::bus::pulsar
