#include "bus/memory/faulty_bus.h"

#include <map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace yap::bus {
namespace {

using core::Envelope;
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

  // What is counted has one fate as a whole: its counter must not come without its events.
  void Publish(const Envelope& envelope) override {
    if (envelope.producer) return Decide(envelope);
    for (const EventPtr& event : envelope.events) Decide({.events = {&event, 1}});
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

  void Decide(const Envelope& envelope) {
    ++stats_.events;
    Send(envelope);
    if (!Draw(faults_.repeat)) return;
    ++stats_.repeated;
    Send(envelope);
  }

  void Send(const Envelope& envelope) {
    if (down_ || delayed_.size() >= kDelayedEventsMax || Draw(faults_.drop)) {
      ++stats_.dropped;
    } else if (Draw(faults_.delay)) {
      ++stats_.delayed;
      Delay(envelope);
    } else {
      inner_.Publish(envelope);
    }
  }

  void Delay(const Envelope& envelope) {
    const auto span = static_cast<std::uint64_t>((faults_.delay_max - faults_.delay_min).count());
    const Duration by =
        faults_.delay_min + Duration(static_cast<Duration::rep>(random_.Below(span + 1)));
    const std::uint64_t id = next_++;
    auto& timer = delayed_[id];
    timer = clock_.NewTimer(executor_);
    timer->Arm(Deadline::After(clock_, by).at,
               [this, id, late = envelope,
                events = std::vector(envelope.events.begin(), envelope.events.end()),
                heads = std::vector(envelope.heads.begin(), envelope.heads.end())]() mutable {
                 // The timer, and with it all this, goes first.
                 const auto kept_events = std::move(events);
                 const auto kept_heads = std::move(heads);
                 Envelope kept = late;
                 kept.events = kept_events;
                 kept.heads = kept_heads;
                 core::EventBus& inner = inner_;
                 delayed_.erase(id);
                 inner.Publish(kept);
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
