// core/event_bus.h: tells the gateways that something was appended. It may lose, double, reorder
// and delay: nobody may depend on more than "often, and soon".
#pragma once

#include <functional>
#include <memory>

#include "core/envelope.h"

namespace yap::core {

// Thread-safe. Every adapter passes bus/event_bus_contract_test.cc.
class EventBus {
 public:
  // Called on the bus's or the publisher's thread, one call at a time per publishing thread; must
  // not block and must not call the bus.
  using Handler = std::function<void(const Envelope&)>;
  // Stops the calls when destroyed; none is running any more when the destructor returns.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };

  virtual ~EventBus() = default;
  // Hands the envelope on as it is; `began_anew` alone is the bus's to say. Returns at once; errors
  // are the bus's own business: what it must drop it tells by `heads` of a later envelope, or not
  // at all (the counter shows it).
  virtual void Publish(const Envelope& envelope) = 0;
  [[nodiscard]] virtual std::unique_ptr<Subscription> Subscribe(Handler handler) = 0;
};

}  // namespace yap::core
