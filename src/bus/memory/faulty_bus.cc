#include "bus/memory/faulty_bus.h"

#include <map>
#include <utility>

#include "base/check.h"

namespace yap::bus {
namespace {

using core::EventPtr;

class FaultyBusImpl final : public FaultyBus {
 public:
  FaultyBusImpl(core::EventBus& inner, Clock& clock, asio::any_io_executor executor,
                std::uint64_t seed, BusFaults faults)
      : inner_(inner),
        clock_(clock),
        executor_(std::move(executor)),
        random_(seed),
        faults_(faults) {}

  void Publish(std::span<const EventPtr> events) override {
    for (const EventPtr& event : events) {
      ++stats_.events;
      Send(event);
      if (!Draw(faults_.repeat)) continue;
      ++stats_.repeated;
      Send(event);
    }
  }
  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    return inner_.Subscribe(std::move(handler));
  }

  void SetFaults(const BusFaults& faults) override { faults_ = faults; }
  void SetDown(bool down) override {
    down_ = down;
    stats_.dropped += delayed_.size();
    delayed_.clear();
  }
  const Stats& stats() const override { return stats_; }

 private:
  bool Draw(double chance) {
    constexpr std::uint64_t kSteps = 1'000'000;
    return static_cast<double>(random_.Below(kSteps)) < chance * static_cast<double>(kSteps);
  }

  void Send(const EventPtr& event) {
    if (down_ || delayed_.size() >= kDelayedEventsMax || Draw(faults_.drop)) {
      ++stats_.dropped;
    } else if (Draw(faults_.delay)) {
      ++stats_.delayed;
      Delay(event);
    } else {
      inner_.Publish({&event, 1});
    }
  }

  void Delay(const EventPtr& event) {
    const auto span = static_cast<std::uint64_t>((faults_.delay_max - faults_.delay_min).count());
    const Duration by =
        faults_.delay_min + Duration(static_cast<Duration::rep>(random_.Below(span + 1)));
    const std::uint64_t id = next_++;
    auto& timer = delayed_[id];
    timer = clock_.NewTimer(executor_);
    timer->Arm(Deadline::After(clock_, by).at, [this, id, event] {
      delayed_.erase(id);
      inner_.Publish({&event, 1});
    });
  }

  core::EventBus& inner_;
  Clock& clock_;
  const asio::any_io_executor executor_;
  SeededRandom random_;
  BusFaults faults_;
  bool down_ = false;
  Stats stats_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Timer>> delayed_;  // At most kDelayedEventsMax.
};

}  // namespace

std::unique_ptr<FaultyBus> NewFaultyBus(core::EventBus& inner, Clock& clock,
                                        asio::any_io_executor executor, std::uint64_t seed,
                                        BusFaults faults) {
  YAP_CHECK(faults.delay_min <= faults.delay_max);
  return std::make_unique<FaultyBusImpl>(inner, clock, std::move(executor), seed, faults);
}

}  // namespace yap::bus
