// core/envelope.h: what goes over the bus: events, and who rings, so that a ring that was lost with
// none behind it is noticed all the same (docs/cluster.md). Plain data; a bus that leaves the
// process encodes it and signs it.
#pragma once

#include <cstdint>
#include <span>

#include "core/event.h"

namespace yap::core {

// One life of a process that publishes: drawn at random when it starts.
using ProducerId = StrongId<struct ProducerIdTag>;

// How far a channel's log goes.
struct ChannelHead {
  ChannelId channel;
  Seq seq;  // 0: something may have been appended; only the store knows.
  Epoch epoch;
  friend bool operator==(const ChannelHead&, const ChannelHead&) = default;
};

// How far the system log of ended sessions goes (core/revocations.h); all 0: not told.
struct RevocationHead {
  Seq seq;
  Epoch epoch;
  friend bool operator==(const RevocationHead&, const RevocationHead&) = default;
};

// A view: what `events` and `heads` refer to lives as long as the call that hands it over.
struct Envelope {
  // 0: nobody counts, because nothing can be lost between the two (one process).
  ProducerId producer;
  // A bus may have several topics, each with an order of its own; a channel is always on the same.
  std::uint32_t topic = 0;
  // 1, 2, 3, … of this producer on this topic, heartbeats included.
  std::uint64_t counter = 0;
  // Of one channel, in order of seq. An envelope without events and heads is a heartbeat.
  std::span<const EventPtr> events = {};
  // Channels of which the bus had to drop events: they exist up to here.
  std::span<const ChannelHead> heads = {};
  RevocationHead revocations = {};
  // Said by the bus to a handler: it began anew, and what came before may be missing.
  bool began_anew = false;
};

}  // namespace yap::core
