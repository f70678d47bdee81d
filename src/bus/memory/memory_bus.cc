#include "bus/memory/memory_bus.h"

#include <utility>

#include "bus/handler_list.h"

namespace yap::bus {
namespace {

class MemoryBus final : public core::EventBus {
 public:
  void Publish(const core::Envelope& envelope) override { handlers_.Call(envelope); }
  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    return handlers_.Add(std::move(handler));
  }

 private:
  HandlerList handlers_;
};

}  // namespace

std::unique_ptr<core::EventBus> NewMemoryBus() { return std::make_unique<MemoryBus>(); }

}  // namespace yap::bus
