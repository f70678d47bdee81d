// base/clock.h: time as a parameter. Nothing but SystemClock asks the machine what time it is, so
// the whole server also runs under SimClock (base/sim_clock.h), where time moves only when it is
// told to.
#pragma once

#include <asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace yap {

// Shown to people and written into events; may step in either direction. Microseconds since 1970
// UTC.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
// For every deadline, timeout and budget; never steps.
using MonoTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::nanoseconds;

// One pending call at a time. Not thread-safe: used, and destroyed, on the thread of its executor.
class Timer {
 public:
  virtual ~Timer() = default;  // Cancels.
  // Calls `fn` on the timer's executor at or after `when`; replaces what was armed before. A timer
  // that is cancelled, armed again or destroyed in time never calls.
  virtual void Arm(MonoTime when, std::move_only_function<void()> fn) = 0;
  virtual void Cancel() = 0;
};

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;
  virtual MonoTime Mono() const = 0;
  virtual std::unique_ptr<Timer> NewTimer(asio::any_io_executor executor) = 0;
};

// The machine's clocks. Lives as long as the process.
Clock& SystemClock();

// A point in monotonic time by which an answer is wanted. Ports take one with every call.
struct Deadline {
  MonoTime at;

  static Deadline After(const Clock& clock, Duration d) {
    return {clock.Mono() + std::chrono::duration_cast<MonoTime::duration>(d)};
  }
  bool Expired(const Clock& clock) const { return clock.Mono() >= at; }
  friend auto operator<=>(const Deadline&, const Deadline&) = default;
};

}  // namespace yap
