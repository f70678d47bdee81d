// tui/terminal/frame_pacer.h: when the next frame may be drawn: at most 30 a second over any longer
// while, but what was typed is not kept waiting by what arrives. Pure.
#pragma once

#include <algorithm>

#include "base/clock.h"

namespace yap::tui {

inline constexpr auto kFrameTime = std::chrono::microseconds(33'334);

class FramePacer {
 public:
  // A frame for keys may come at once, a few frames ahead of the even pace (GCRA, as in ATM); one
  // for news alone waits, so that keys find frames left.
  MonoTime Due(bool typed) const {
    const MonoTime allowed = even_ - kAhead;
    return typed ? allowed : std::max(allowed, last_ + kNewsTime);
  }
  void Drawn(MonoTime now) {
    last_ = now;
    even_ = std::max(even_, now) + kFrameTime;
  }

 private:
  static constexpr auto kAhead = 4 * kFrameTime;
  static constexpr auto kNewsTime = std::chrono::milliseconds(50);

  MonoTime even_;  // When the next frame would be due at an even pace.
  MonoTime last_;
};

}  // namespace yap::tui
