// bus/pulsar/internal/publish_queue.h: from the threads that publish to the bus's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/guarded.h"
#include "bus/pulsar/envelope_codec.h"
#include "bus/pulsar/internal/waiting_heads.h"

namespace yap::bus::pulsar {

// Thread-safe. Bounded by kQueuedEnvelopesMax and kQueuedBytesMax: of what comes beyond them only
// the heads are kept, one a channel.
class PublishQueue {
 public:
  struct Waiting {
    std::vector<OwnedEnvelope> envelopes;           // In the order of Push.
    std::map<std::uint32_t, WaitingHeads> dropped;  // By topic.
    std::size_t heads_lost = 0;
  };
  struct Pushed {
    bool first = false;    // Nothing waited before: whoever takes must be told.
    bool dropped = false;  // All but its heads.
  };

  Pushed Push(OwnedEnvelope envelope);
  Waiting TakeAll();

 private:
  struct State {
    Waiting waiting;
    std::size_t bytes = 0;
    bool told = false;
  };
  Guarded<State> state_;
};

// What an envelope holds in memory, about.
std::size_t RoughBytes(const OwnedEnvelope& envelope);

}  // namespace yap::bus::pulsar
