#include "base/sim_clock.h"

#include <asio/post.hpp>
#include <utility>

namespace yap {

struct SimClock::Pending {
  asio::any_io_executor executor;
  std::move_only_function<void()> fn;
};

class SimClock::SimTimer final : public Timer {
 public:
  SimTimer(SimClock& clock, asio::any_io_executor executor)
      : clock_(clock), executor_(std::move(executor)) {}
  ~SimTimer() override { SimTimer::Cancel(); }

  void Arm(MonoTime when, std::move_only_function<void()> fn) override {
    Cancel();
    pending_ = std::make_shared<Pending>(Pending{executor_, std::move(fn)});
    clock_.pending_.emplace(when, pending_);
  }

  // What is armed loses its function; its entry falls out of the clock when its time comes.
  void Cancel() override {
    if (pending_) pending_->fn = nullptr;
    pending_.reset();
  }

 private:
  SimClock& clock_;
  asio::any_io_executor executor_;
  std::shared_ptr<Pending> pending_;
};

SimClock::SimClock() : wall_(std::chrono::seconds(1893456000)), mono_(std::chrono::hours(1)) {}

// What a pending call holds may hold its timer.
SimClock::~SimClock() {
  for (auto& [when, pending] : std::exchange(pending_, {}))
    (void)std::exchange(pending->fn, nullptr);
}

std::unique_ptr<Timer> SimClock::NewTimer(asio::any_io_executor executor) {
  return std::make_unique<SimTimer>(*this, std::move(executor));
}

void SimClock::Fire() {
  while (!pending_.empty() && pending_.begin()->first <= mono_) {
    auto due = std::move(pending_.begin()->second);
    pending_.erase(pending_.begin());
    if (!due->fn) continue;
    asio::post(due->executor, [due] {
      if (auto fn = std::exchange(due->fn, nullptr)) fn();
    });
  }
}

void SimClock::Advance(Duration by) {
  mono_ += std::chrono::duration_cast<MonoTime::duration>(by);
  wall_ += std::chrono::duration_cast<WallTime::duration>(by);
  Fire();
}

void SimClock::StepWall(Duration by) {
  wall_ += std::chrono::duration_cast<WallTime::duration>(by);
}

bool SimClock::AdvanceToNext() {
  while (!pending_.empty() && !pending_.begin()->second->fn) pending_.erase(pending_.begin());
  if (pending_.empty()) return false;
  const MonoTime next = pending_.begin()->first;
  Advance(next > mono_ ? next - mono_ : Duration::zero());
  return true;
}

bool SimClock::RunFor(asio::io_context& io, Duration span, const std::function<bool()>& done) {
  const MonoTime end = mono_ + std::chrono::duration_cast<MonoTime::duration>(span);
  while (true) {
    io.restart();
    while (io.poll_one() != 0) {
      if (done && done()) return true;
    }
    if (done && done()) return true;
    while (!pending_.empty() && !pending_.begin()->second->fn) pending_.erase(pending_.begin());
    if (pending_.empty() || pending_.begin()->first > end) break;
    AdvanceToNext();
  }
  if (mono_ < end) Advance(end - mono_);
  return done && done();
}

}  // namespace yap
