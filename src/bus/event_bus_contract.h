// bus/event_bus_contract.h: what a test binary says about the buses it runs
// event_bus_contract_test.cc over.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event_bus.h"

namespace yap::bus {

struct BusAdapter {
  std::string name;
  std::function<std::unique_ptr<core::EventBus>()> make;  // Null: what it needs is not there.
  std::string needs = {};                                 // What to do about that.
  std::uint64_t burst_max = 2'000;                        // Events it loses none of, at once.
};

// Each binary that compiles the suite defines this once.
std::vector<BusAdapter> BusAdapters();

}  // namespace yap::bus
