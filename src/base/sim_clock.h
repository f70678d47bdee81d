// base/sim_clock.h: a clock that stands still until it is moved. For tests and simulation; one
// thread.
#pragma once

#include <asio/io_context.hpp>
#include <map>
#include <memory>

#include "base/clock.h"

namespace yap {

class SimClock final : public Clock {
 public:
  // Starts at 2030-01-01 on the wall, one hour on the monotonic clock.
  SimClock();
  ~SimClock() override;

  WallTime Now() const override { return wall_; }
  MonoTime Mono() const override { return mono_; }
  std::unique_ptr<Timer> NewTimer(asio::any_io_executor executor) override;

  // Moves both clocks; posts every timer that falls due, in order of its time.
  void Advance(Duration by);
  // Steps the wall clock alone (an operator or NTP did it).
  void StepWall(Duration by);
  // Moves to the next timer; false if there is none.
  bool AdvanceToNext();
  // Runs `io` until nothing is ready, then moves to the next timer, and so on, for at most `span`
  // of simulated time or until `done` answers true. Returns whether `done` did.
  bool RunFor(asio::io_context& io, Duration span, const std::function<bool()>& done = {});

 private:
  struct Pending;
  class SimTimer;
  void Fire();

  WallTime wall_;
  MonoTime mono_;
  std::multimap<MonoTime, std::shared_ptr<Pending>> pending_;
};

}  // namespace yap
