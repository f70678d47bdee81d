// store/memory/faulty_store.h: a store that misbehaves as real ones do, by a seed. For simulation.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "store/store.h"

namespace yap::store {

// Chances are 0 … 1, each drawn per call.
struct StoreFaults {
  Duration delay_min{0};  // Of each call, twice: on the way there and on the way back.
  Duration delay_max{0};
  double fail_before = 0;  // Unavailable; the store never saw the call.
  double fail_after = 0;   // Done, but answered Unavailable or DeadlineExceeded.
  double full = 0;         // Writes: ResourceExhausted "STORE_FULL"; nothing stored.
  double conflict = 0;     // Appends: Conflict "HEAD_MOVED" though nobody was there.
  double short_page = 0;   // Reads of a log: cut at a random place, as a byte bound would.
};

// One thread; the same seed and calls give the same faults. `inner` and `clock` outlive it, and it
// outlives the calls under way.
class FaultyStore : public Store {
 public:
  struct Stats {
    std::uint64_t calls = 0;
    std::uint64_t failed_before = 0;
    std::uint64_t failed_after = 0;
    std::uint64_t full = 0;
    std::uint64_t conflicts = 0;
    std::uint64_t short_pages = 0;
    std::uint64_t crashed = 0;
  };

  // For the calls that come from now on.
  virtual void SetFaults(const StoreFaults& faults) = 0;
  // While down, every call is answered Unavailable and nothing reaches the store.
  virtual void SetDown(bool down) = 0;
  // What the store has stays. Calls that have not reached it never will; all that are under way are
  // answered Unavailable, whatever became of them.
  virtual void Crash() = 0;
  virtual const Stats& stats() const = 0;
};

std::unique_ptr<FaultyStore> NewFaultyStore(Store& inner, Clock& clock, std::uint64_t seed,
                                            StoreFaults faults = {});

}  // namespace yap::store
