// hub/flush_gate.h: streams flush only while this process knows which sessions have ended. A
// gateway learns of them from elsewhere; if it has not asked for too long (cut off, or stopped and
// continued), nothing leaves until it has (docs/cluster.md, "Revocation").
#pragma once

#include <atomic>

#include "base/clock.h"

namespace yap::hub {

// Thread-safe. Closed at first.
class FlushGate {
 public:
  // `clock` outlives it. Open for `age_max` after what is known was asked for.
  FlushGate(const Clock& clock, Duration age_max)
      : clock_(clock), age_max_(std::chrono::duration_cast<MonoTime::duration>(age_max)) {}

  // Whether bytes may go out now. Once refused, a stream waits to be woken: see Checked.
  bool MayFlush();
  // Everything that had ended by `as_of`, when the question was sent, is known and carried out.
  // True: somebody was refused since the last call, so wake the streams (Hub::WakeAll).
  [[nodiscard]] bool Checked(MonoTime as_of);

 private:
  bool Fresh() const;

  const Clock& clock_;
  const MonoTime::duration age_max_;
  std::atomic<MonoTime::rep> as_of_ = MonoTime::min().time_since_epoch().count();
  std::atomic<bool> refused_ = false;
};

}  // namespace yap::hub
