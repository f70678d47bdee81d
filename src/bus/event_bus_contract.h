// bus/event_bus_contract.h: what a test binary says about the buses it runs
// event_bus_contract_test.cc over.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event_bus.h"

namespace yap::bus {

struct BusAdapter {
  std::string name;
  std::function<std::unique_ptr<core::EventBus>()> make;
};

// Each binary that compiles the suite defines this once.
std::vector<BusAdapter> BusAdapters();

}  // namespace yap::bus
