#include "base/clock.h"

#include <asio/steady_timer.hpp>
#include <cstdint>
#include <utility>

namespace yap {
namespace {

class SystemTimer final : public Timer {
 public:
  explicit SystemTimer(asio::any_io_executor executor)
      : state_(std::make_shared<State>(std::move(executor))) {}
  ~SystemTimer() override { Cancel(); }

  void Arm(MonoTime when, std::move_only_function<void()> fn) override {
    const std::uint64_t round = ++state_->round;
    state_->fn = std::move(fn);
    state_->timer.expires_at(when);
    // A handler that was queued already when the timer was armed again sees another round.
    state_->timer.async_wait([state = state_, round](const std::error_code&) {
      if (state->round != round || !state->fn) return;
      auto call = std::exchange(state->fn, nullptr);
      call();
    });
  }

  void Cancel() override {
    ++state_->round;
    state_->fn = nullptr;
    state_->timer.cancel();
  }

 private:
  struct State {
    explicit State(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    std::move_only_function<void()> fn;
    std::uint64_t round = 0;
  };
  std::shared_ptr<State> state_;
};

class RealClock final : public Clock {
 public:
  WallTime Now() const override {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
  }
  MonoTime Mono() const override { return std::chrono::steady_clock::now(); }
  std::unique_ptr<Timer> NewTimer(asio::any_io_executor executor) override {
    return std::make_unique<SystemTimer>(std::move(executor));
  }
};

}  // namespace

Clock& SystemClock() {
  static RealClock clock;
  return clock;
}

}  // namespace yap
