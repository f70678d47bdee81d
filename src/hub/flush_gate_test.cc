#include "hub/flush_gate.h"

#include <gtest/gtest.h>

#include "base/sim_clock.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

class FlushGateTest : public ::testing::Test {
 protected:
  void Pass(Duration span) { clock_.RunFor(io_, span); }

  asio::io_context io_;
  SimClock clock_;
  FlushGate gate_{clock_, 2s};
};

TEST_F(FlushGateTest, IsClosedUntilTheFirstCheck) {
  EXPECT_FALSE(gate_.MayFlush());
  EXPECT_TRUE(gate_.Checked(clock_.Mono()));
  EXPECT_TRUE(gate_.MayFlush());
}

TEST_F(FlushGateTest, ClosesTwoSecondsAfterTheQuestionNotTheAnswer) {
  const MonoTime asked = clock_.Mono();
  Pass(1500ms);
  EXPECT_FALSE(gate_.Checked(asked));
  Pass(500ms);
  EXPECT_TRUE(gate_.MayFlush());
  Pass(1ms);
  EXPECT_FALSE(gate_.MayFlush());
}

TEST_F(FlushGateTest, WhoWasRefusedIsToBeWokenOnce) {
  EXPECT_FALSE(gate_.MayFlush());
  EXPECT_FALSE(gate_.MayFlush());
  EXPECT_TRUE(gate_.Checked(clock_.Mono()));
  EXPECT_FALSE(gate_.Checked(clock_.Mono()));
}

}  // namespace
}  // namespace yap::hub
