#include "bus/event_bus_contract.h"
#include "bus/memory/memory_bus.h"

namespace yap::bus {

std::vector<BusAdapter> BusAdapters() { return {{"Memory", NewMemoryBus}}; }

}  // namespace yap::bus
