#include "api/stream_quota.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/reasons.h"

namespace yap::api {
namespace {

constexpr core::UserId kAnn(1);
constexpr core::UserId kBob(2);

TEST(StreamQuotaTest, RefusesTheOneTooManyAndSaysWhen) {
  StreamQuota quota(2);
  const auto first = quota.Take(kAnn);
  const auto second = quota.Take(kAnn);
  ASSERT_TRUE(first && second);
  const auto third = quota.Take(kAnn);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::kResourceExhausted);
  EXPECT_EQ(third.error().reason, core::reason::kTooManyStreams);
  EXPECT_TRUE(third.error().retry_after);
}

TEST(StreamQuotaTest, OneUsersStreamsAreNobodyElsesBusiness) {
  StreamQuota quota(1);
  const auto ann = quota.Take(kAnn);
  EXPECT_TRUE(ann);
  EXPECT_TRUE(quota.Take(kBob));
}

TEST(StreamQuotaTest, AnEndedStreamMakesRoomOnceAllItsCopiesAreGone) {
  StreamQuota quota(1);
  auto held = quota.Take(kAnn);
  auto copy = *held;
  held->reset();
  EXPECT_FALSE(quota.Take(kAnn));
  copy.reset();
  EXPECT_TRUE(quota.Take(kAnn));
}

TEST(StreamQuotaTest, AStreamMayOutliveTheQuota) {
  auto quota = std::make_unique<StreamQuota>(1);
  auto held = quota->Take(kAnn);
  quota.reset();
  held->reset();
}

}  // namespace
}  // namespace yap::api
