#include "tui/terminal/frame_pacer.h"

#include <gtest/gtest.h>

namespace yap::tui {
namespace {

using namespace std::chrono_literals;

// Frames that are drawn in `time` where something changes all the time.
int FramesIn(std::chrono::milliseconds time, bool typed) {
  FramePacer pacer;
  const MonoTime start{1h};
  int frames = 0;
  for (MonoTime now = start; now < start + time; now += 1ms) {
    if (pacer.Due(typed) > now) continue;
    pacer.Drawn(now);
    ++frames;
  }
  return frames;
}

TEST(FramePacerTest, AtMost30FramesASecondWhateverComes) {
  EXPECT_LE(FramesIn(10s, true), 10 * 30 + 5);
  EXPECT_LE(FramesIn(10s, false), 10 * 20 + 1);
}

TEST(FramePacerTest, KeyIsShownAtOnceWhileNewsPourIn) {
  FramePacer pacer;
  MonoTime now{1h};
  for (int i = 0; i < 100; ++i) {
    now = std::max(now, pacer.Due(false));
    pacer.Drawn(now);
    now += 1ms;
  }
  EXPECT_LE(pacer.Due(true), now);
}

}  // namespace
}  // namespace yap::tui
