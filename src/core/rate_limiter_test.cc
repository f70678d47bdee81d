#include "core/rate_limiter.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yap::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Rate kRate{5, 20};
const MonoTime kStart{std::chrono::hours(1)};

TEST(TokenBucketTest, ABurstThenTheRate) {
  TokenBucket bucket;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(bucket.Take(kRate, kStart), std::nullopt);
  const auto wait = bucket.Take(kRate, kStart);
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, milliseconds(200));
  EXPECT_NE(bucket.Take(kRate, kStart + milliseconds(199)), std::nullopt);
  EXPECT_EQ(bucket.Take(kRate, kStart + *wait), std::nullopt) << "who waits as told is served";
}

TEST(TokenBucketTest, AnIdleBucketHoldsNoMoreThanABurst) {
  TokenBucket bucket;
  EXPECT_EQ(bucket.Take(kRate, kStart), std::nullopt);
  const auto later = kStart + std::chrono::hours(1);
  EXPECT_TRUE(bucket.IsFull(kRate, later));
  int taken = 0;
  while (!bucket.Take(kRate, later)) ++taken;
  EXPECT_EQ(taken, 20);
}

RC_GTEST_PROP(TokenBucketTest, NoWindowServesMoreThanBurstAndRate,
              (const std::vector<std::uint8_t>& pauses_ms)) {
  TokenBucket bucket;
  MonoTime now = kStart;
  std::vector<MonoTime> served;
  for (const auto pause : pauses_ms) {
    now += milliseconds(pause);
    if (!bucket.Take(kRate, now)) served.push_back(now);
  }
  for (std::size_t from = 0; from < served.size(); ++from) {
    const std::chrono::duration<double> span = now - served[from];
    RC_ASSERT(static_cast<double>(served.size() - from) <= 20 + span.count() * 5 + 1e-6);
  }
}

TEST(UserRateLimiterTest, UsersDoNotTouchEachOther) {
  UserRateLimiter limiter({5, 1});
  EXPECT_EQ(limiter.Take(UserId(1), kStart), std::nullopt);
  EXPECT_NE(limiter.Take(UserId(1), kStart), std::nullopt);
  EXPECT_EQ(limiter.Take(UserId(2), kStart), std::nullopt);
}

TEST(UserRateLimiterTest, MemoryIsBoundedAndNobodysCountIsReset) {
  UserRateLimiter limiter({1, 2}, 100);
  for (std::uint64_t i = 1; i <= 100; ++i) EXPECT_EQ(limiter.Take(UserId(i), kStart), std::nullopt);
  EXPECT_NE(limiter.Take(UserId(999), kStart), std::nullopt) << "no room for one more";
  EXPECT_EQ(limiter.Take(UserId(1), kStart), std::nullopt);
  EXPECT_NE(limiter.Take(UserId(1), kStart), std::nullopt) << "the flood of names gave it nothing";
  EXPECT_EQ(limiter.Take(UserId(999), kStart + seconds(5)), std::nullopt);
  EXPECT_EQ(limiter.size(), 1U);
}

TEST(WriteGateTest, WhatTheUserMayNotSendCostsTheChannelNothing) {
  UserRateLimiter users({1, 1});
  WriteGate gate(users, {1, 2});
  EXPECT_TRUE(gate.Pay(UserId(1), true, "tea", kStart));
  EXPECT_EQ(gate.Pay(UserId(1), true, "tea", kStart).error().reason, "USER_RATE");
  EXPECT_TRUE(gate.Pay(UserId(2), true, "tea", kStart));
  const auto full = gate.Pay(UserId(3), true, "tea", kStart);
  EXPECT_EQ(full.error().reason, "CHANNEL_RATE");
  EXPECT_EQ(full.error().retry_after, milliseconds(1000));
  EXPECT_TRUE(gate.Pay(UserId(3), false, "tea", kStart)) << "no message";
}

}  // namespace
}  // namespace yap::core
