// bus/handler_list.h: private to bus/: who is told, as every adapter keeps it.
#pragma once

#include <memory>
#include <vector>

#include "base/guarded.h"
#include "core/event_bus.h"

namespace yap::bus {

// Thread-safe. Outlives its subscriptions.
class HandlerList {
 public:
  // What EventBus::Subscribe promises: the subscription's end waits for calls that run.
  [[nodiscard]] std::unique_ptr<core::EventBus::Subscription> Add(core::EventBus::Handler handler);
  // Calls every handler, on this thread; without a lock that another caller would wait for.
  void Call(const core::Envelope& envelope);

 private:
  class Slot;
  class Entry;
  // Replaced as a whole, never changed: callers go through it without the list's lock.
  using Slots = std::vector<std::shared_ptr<Slot>>;

  void Remove(const std::shared_ptr<Slot>& slot);

  Guarded<std::shared_ptr<const Slots>> slots_{std::make_shared<const Slots>()};
};

}  // namespace yap::bus
