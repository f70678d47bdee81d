// bus/memory/memory_bus.h: the bus of a server in one process: Publish calls every handler before
// it returns. Loses nothing and reorders nothing of one publishing thread.
#pragma once

#include <memory>

#include "core/event_bus.h"

namespace yap::bus {

// Thread-safe: any number of threads publish at once, each on its own thread. The bus outlives its
// subscriptions. A handler that publishes or ends a subscription deadlocks: the port forbids it.
std::unique_ptr<core::EventBus> NewMemoryBus();

}  // namespace yap::bus
