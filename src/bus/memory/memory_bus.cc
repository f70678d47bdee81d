#include "bus/memory/memory_bus.h"

#include <algorithm>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "base/guarded.h"

namespace yap::bus {
namespace {

using core::Envelope;
using core::EventBus;

// One subscription's handler. Publishers share the lock while they call it; ending the subscription
// takes it alone, and so waits for them.
class Slot {
 public:
  explicit Slot(EventBus::Handler handler) : handler_(std::move(handler)) {}

  void Call(const Envelope& envelope) {
    std::shared_lock lock(mutex_);
    if (handler_) handler_(envelope);
  }
  void End() {
    std::unique_lock lock(mutex_);
    handler_ = nullptr;
  }

 private:
  std::shared_mutex mutex_;
  EventBus::Handler handler_;  // Guarded by mutex_.
};

// Replaced as a whole, never changed: publishers call without the list's lock.
using Slots = std::vector<std::shared_ptr<Slot>>;

class MemoryBus final : public EventBus {
 public:
  void Publish(const Envelope& envelope) override {
    const auto slots = slots_.With([](const auto& all) { return all; });
    for (const auto& slot : *slots) slot->Call(envelope);
  }

  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    auto slot = std::make_shared<Slot>(std::move(handler));
    slots_.With([&](auto& all) {
      auto more = std::make_shared<Slots>(*all);
      more->push_back(slot);
      all = std::move(more);
    });
    return std::make_unique<MemorySubscription>(*this, std::move(slot));
  }

 private:
  class MemorySubscription final : public Subscription {
   public:
    MemorySubscription(MemoryBus& bus, std::shared_ptr<Slot> slot)
        : bus_(bus), slot_(std::move(slot)) {}
    ~MemorySubscription() override {
      bus_.Remove(slot_);
      slot_->End();
    }

   private:
    MemoryBus& bus_;
    const std::shared_ptr<Slot> slot_;
  };

  void Remove(const std::shared_ptr<Slot>& slot) {
    slots_.With([&](auto& all) {
      auto fewer = std::make_shared<Slots>(*all);
      std::erase(*fewer, slot);
      all = std::move(fewer);
    });
  }

  Guarded<std::shared_ptr<const Slots>> slots_{std::make_shared<const Slots>()};
};

}  // namespace

std::unique_ptr<EventBus> NewMemoryBus() { return std::make_unique<MemoryBus>(); }

}  // namespace yap::bus
