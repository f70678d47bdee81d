#include "client/backoff.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

namespace yap::client {
namespace {

TEST(BackoffTest, WaitsStayUnderALimitThatGrowsTo20Seconds) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    SeededRandom random(seed);
    Backoff backoff(random);
    double limit_ms = 1600;
    for (int i = 0; i < 12; ++i) {
      const std::chrono::duration<double, std::milli> limit(limit_ms + 0.5);
      RC_ASSERT(backoff.Next() <= limit);
      limit_ms = std::min(limit_ms * 1.6, 20'000.0);
    }
  }));
}

TEST(BackoffTest, WaitsAreSpreadOverTheWholeRange) {
  SeededRandom random(7);
  Backoff backoff(random);
  Duration lowest = 20s;
  Duration highest = 0s;
  for (int i = 0; i < 200; ++i) {
    const Duration wait = backoff.Next();
    if (i < 20) continue;
    lowest = std::min(lowest, wait);
    highest = std::max(highest, wait);
  }
  EXPECT_LT(lowest, 1s);
  EXPECT_GT(highest, 19s);
}

TEST(BackoffTest, AfterASuccessTheLimitIsTheFirstAgain) {
  SeededRandom random(7);
  Backoff backoff(random);
  for (int i = 0; i < 10; ++i) (void)backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), Duration(Backoff::kFirstMax));
}

TEST(JudgeTest, OnlyUnknownOutcomesAndTimedRefusalsAreRetried) {
  const auto judge = [](Errc code, bool repeatable) {
    return Judge(MakeError(code, "", ""), repeatable);
  };
  for (const Errc code :
       {Errc::kUnavailable, Errc::kConflict, Errc::kDeadlineExceeded, Errc::kInternal}) {
    EXPECT_EQ(judge(code, true), Verdict::kRetry);
    EXPECT_EQ(judge(code, false), Verdict::kGiveUp);
  }
  for (const Errc code : {Errc::kInvalidArgument, Errc::kUnauthenticated, Errc::kPermissionDenied,
                          Errc::kNotFound, Errc::kAlreadyExists, Errc::kFailedPrecondition,
                          Errc::kResourceExhausted, Errc::kUnimplemented, Errc::kCorruption}) {
    EXPECT_EQ(judge(code, true), Verdict::kGiveUp) << ErrcName(code);
  }
  EXPECT_EQ(Judge(MakeError(Errc::kResourceExhausted, "", "").RetryAfter(50ms), false),
            Verdict::kRetryAfterTold);
}

}  // namespace
}  // namespace yap::client
