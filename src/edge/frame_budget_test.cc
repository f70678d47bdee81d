#include "edge/frame_budget.h"

#include <gtest/gtest.h>

namespace yap::edge {
namespace {

constexpr FrameHeader kRequest{.length = 20, .type = 1, .flags = 0x5, .stream_id = 1};
constexpr FrameHeader kWindowUpdate{.length = 4, .type = 8, .flags = 0, .stream_id = 1};

class FrameBudgetTest : public testing::Test {
 protected:
  FrameBudget::Verdict Open(std::uint32_t id) {
    FrameHeader request = kRequest;
    request.stream_id = id;
    return budget_.OnFrame(request, now_);
  }
  // How many until one too many.
  int WindowUpdatesLeft() {
    for (int taken = 0;; ++taken) {
      const auto verdict = budget_.OnFrame(kWindowUpdate, now_);
      if (!verdict) continue;
      EXPECT_EQ(*verdict, Violation::kWindowUpdates);
      return taken;
    }
  }

  const Budgets budgets_;
  const MonoTime now_;
  FrameBudget budget_{budgets_, now_};
};

// As grpcio does, also where every call is refused and no DATA goes out.
TEST_F(FrameBudgetTest, EveryStreamMayOpenItsWindows) {
  for (std::uint32_t id = 1; id < 2 * 190; id += 2) {
    ASSERT_EQ(Open(id), std::nullopt);
    for (int i = 0; i < 2; ++i) ASSERT_EQ(budget_.OnFrame(kWindowUpdate, now_), std::nullopt) << id;
  }
}

TEST_F(FrameBudgetTest, WindowUpdatesAreEarnedByStreamsAndData) {
  EXPECT_EQ(WindowUpdatesLeft(), 200);
  ASSERT_EQ(Open(1), std::nullopt);
  EXPECT_EQ(WindowUpdatesLeft(), 4);
  budget_.OnDataSent();
  EXPECT_EQ(WindowUpdatesLeft(), 4);
}

}  // namespace
}  // namespace yap::edge
