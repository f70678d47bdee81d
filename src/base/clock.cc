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
    state_->timer.async_wait(Armed(state_, round));
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
  // What waits in the io_context. A handler that was queued already when the timer was armed again
  // sees another round. One that is dropped with its io_context drops the call, too: what the call
  // holds may hold the timer.
  class Armed {
   public:
    Armed(std::shared_ptr<State> state, std::uint64_t round)
        : state_(std::move(state)), round_(round) {}
    Armed(Armed&&) = default;
    Armed(const Armed&) = delete;
    Armed& operator=(const Armed&) = delete;
    ~Armed() { (void)Take(); }
    void operator()(const std::error_code&) {
      if (auto call = Take()) call();
    }

   private:
    std::move_only_function<void()> Take() {
      if (!state_ || state_->round != round_) return nullptr;
      return std::exchange(state_->fn, nullptr);
    }
    std::shared_ptr<State> state_;
    std::uint64_t round_;
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
