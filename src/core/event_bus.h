// core/event_bus.h: tells the gateways that something was appended. It may lose, double, reorder
// and delay: nobody may depend on more than "often, and soon".
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "core/event.h"

namespace yap::core {

// Thread-safe. Every adapter passes bus/event_bus_contract_test.cc.
class EventBus {
 public:
  // Called on the bus's or the publisher's thread, one call at a time per publishing thread; must
  // not block and must not call the bus.
  using Handler = std::function<void(std::span<const EventPtr>)>;
  // Stops the calls when destroyed; none is running any more when the destructor returns.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  virtual ~EventBus() = default;
  // Events of one channel, in order of seq. Returns at once; errors are the bus's own business.
  virtual void Publish(std::span<const EventPtr> events) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> Subscribe(Handler handler) = 0;
};

}  // namespace yap::core
