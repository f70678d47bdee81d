// bus/memory/faulty_bus.h: a bus that does all that the port allows, by a seed. For simulation.
#pragma once

#include <asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "core/event_bus.h"

namespace yap::bus {

// Chances are 0 … 1, each drawn per event; per envelope where its producer counts.
struct BusFaults {
  double drop = 0;
  double repeat = 0;  // Delivered twice, each with a fate of its own.
  // Delivered later, between `delay_min` and `delay_max`, and so behind events published after it.
  double delay = 0;
  Duration delay_min{0};
  Duration delay_max{0};
};

// One thread, that of `executor`; the same seed and calls give the same faults. What is delayed is
// lost when the bus is destroyed or SetDown.
class FaultyBus : public core::EventBus {
 public:
  struct Stats {
    std::uint64_t events = 0;
    std::uint64_t dropped = 0;
    std::uint64_t repeated = 0;
    std::uint64_t delayed = 0;
  };

  virtual void SetFaults(const BusFaults& faults) = 0;
  // While down every event is dropped.
  virtual void SetDown(bool down) = 0;
  virtual const Stats& stats() const = 0;
};

// All outlive the bus. Events under way at once are bounded by kDelayedEventsMax: beyond it they
// are dropped, as a broker would.
inline constexpr std::size_t kDelayedEventsMax = 100'000;
std::unique_ptr<FaultyBus> NewFaultyBus(core::EventBus& inner, Clock& clock,
                                        asio::any_io_executor executor, std::uint64_t seed,
                                        BusFaults faults = {});

}  // namespace yap::bus
