#include "core/effect_pump.h"

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "core/limits.h"

namespace yap::core {
namespace {

// Delivered events between two marks while more wait: a crash repeats at most so many.
constexpr std::size_t kMarkEvery = 64;

// Of an effect that no further try brings into its inbox; otherwise empty.
std::string_view WhyNever(const Error& error) {
  if (error.code == Errc::kNotFound) return "an effect has no inbox to go to";
  if (error.code == Errc::kAlreadyExists) return "an effect's key is in its inbox for another one";
  return {};
}

}  // namespace

void EffectPump::Add(const EventPtr& event, const std::string& name, ChannelKind kind) {
  if (HasEffects(event->body)) waiting_.push_back({event, EffectsOf(*event, name, kind)});
}

asio::awaitable<void> EffectPump::Deliver() {
  while (!done() && !stopped_) {
    if (waiting_.empty()) {
      if (!co_await MarkDone()) co_await SleepFor(clock_, kEffectPauseMax);
      continue;
    }
    co_await DeliverAll(waiting_.front());
    if (stopped_) break;
    delivered_ = waiting_.front().event->seq;
    waiting_.pop_front();
    if (++unmarked_ >= kMarkEvery) co_await MarkDone();
  }
}

asio::awaitable<void> EffectPump::DeliverAll(Item item) {
  for (auto& effect : item.effects) co_await DeliverOne(std::move(effect), item.event);
}

// Until it is there: a store that is away comes back, or this process ends and the next one goes
// on. What can never be there holds up nobody.
asio::awaitable<void> EffectPump::DeliverOne(Effect effect, EventPtr cause) {
  static auto delivered = metrics::NewCounter(
      "yap_effects_delivered_total", "Inbox events that followed from events of channels.");
  static auto retried = metrics::NewCounter("yap_effects_retried_total",
                                            "Failed tries to bring an effect into an inbox.");
  for (Duration pause = kEffectPauseMin; !stopped_;
       pause = std::min<Duration>(2 * pause, kEffectPauseMax)) {
    auto done = co_await sink_(effect, cause, Deadline::After(clock_, kEffectPatience));
    if (done) co_return delivered.Add();
    if (const auto why = WhyNever(done.error()); !why.empty()) {
      log::Warning(why, {{"channel", channel_.value},
                         {"seq", cause->seq.value},
                         {"reason", done.error().reason}});
      co_return;
    }
    retried.Add();
    co_await SleepFor(clock_, pause);
  }
}

// A mark that is never made costs a repetition after a restart, no more.
asio::awaitable<bool> EffectPump::MarkDone() {
  auto marked = co_await channels_.MarkEffectsDone(channel_, delivered_,
                                                   Deadline::After(clock_, kEffectPatience));
  if (marked) unmarked_ = 0;
  co_return marked.has_value();
}

}  // namespace yap::core
