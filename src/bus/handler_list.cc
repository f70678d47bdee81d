#include "bus/handler_list.h"

#include <mutex>
#include <shared_mutex>
#include <utility>

namespace yap::bus {

using core::EventBus;

// One subscription's handler. Callers share the lock while they call it; ending the subscription
// takes it alone, and so waits for them.
class HandlerList::Slot {
 public:
  explicit Slot(EventBus::Handler handler) : handler_(std::move(handler)) {}

  void Call(const core::Envelope& envelope) {
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

class HandlerList::Entry final : public EventBus::Subscription {
 public:
  Entry(HandlerList& list, std::shared_ptr<Slot> slot) : list_(list), slot_(std::move(slot)) {}
  ~Entry() override {
    list_.Remove(slot_);
    slot_->End();
  }

 private:
  HandlerList& list_;
  const std::shared_ptr<Slot> slot_;
};

std::unique_ptr<EventBus::Subscription> HandlerList::Add(EventBus::Handler handler) {
  auto slot = std::make_shared<Slot>(std::move(handler));
  slots_.With([&](auto& all) {
    auto more = std::make_shared<Slots>(*all);
    more->push_back(slot);
    all = std::move(more);
  });
  return std::make_unique<Entry>(*this, std::move(slot));
}

void HandlerList::Call(const core::Envelope& envelope) {
  const auto slots = slots_.With([](const auto& all) { return all; });
  for (const auto& slot : *slots) slot->Call(envelope);
}

void HandlerList::Remove(const std::shared_ptr<Slot>& slot) {
  slots_.With([&](auto& all) {
    auto fewer = std::make_shared<Slots>(*all);
    std::erase(*fewer, slot);
    all = std::move(fewer);
  });
}

}  // namespace yap::bus
