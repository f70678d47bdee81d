#include "core/session_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace yap::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{std::chrono::hours(100)};

Digest Token(int n) { return Sha256(std::to_string(n)); }
SessionCache::Answer Of(std::uint64_t user, std::uint64_t session) {
  return {.who = {.user = UserId(user), .username = "u", .session = SessionId(session)},
          .expire_time = {}};
}

class SessionCacheTest : public testing::Test {
 protected:
  void Put(int token, std::uint64_t user, std::uint64_t session, MonoTime now = kStart) {
    cache_.Put(Token(token), Of(user, session), cache_.Ask(now));
  }
  bool Known(int token, MonoTime now = kStart) {
    return cache_.Find(Token(token), now).has_value();
  }
  SessionCache cache_{{.life = 1s, .entries_max = 100}};
};

TEST_F(SessionCacheTest, AnswersForItsLifeFromTheQuestionOn) {
  const auto ticket = cache_.Ask(kStart);
  cache_.Put(Token(1), Of(7, 8), ticket);  // However long the store took.
  EXPECT_EQ(cache_.Find(Token(1), kStart + 999ms)->who.user, UserId(7));
  EXPECT_FALSE(Known(1, kStart + 1s));
  EXPECT_FALSE(Known(2));
}

TEST_F(SessionCacheTest, ForgottenSessionsAreGoneAtOnceAndOthersStay) {
  Put(1, 7, 70);
  Put(2, 7, 70);
  Put(3, 7, 71);
  cache_.ForgetSessions({SessionId(70), SessionId(99)});
  EXPECT_FALSE(Known(1));
  EXPECT_FALSE(Known(2));
  EXPECT_TRUE(Known(3));
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(SessionCacheTest, ForgottenUserIsGoneAtOnceAndOthersStay) {
  Put(1, 7, 70);
  Put(2, 7, 71);
  Put(3, 8, 80);
  cache_.ForgetUser(UserId(7));
  EXPECT_FALSE(Known(1));
  EXPECT_FALSE(Known(2));
  EXPECT_TRUE(Known(3));
}

TEST_F(SessionCacheTest, AnswerToAQuestionOlderThanARevocationIsDropped) {
  const auto before = cache_.Ask(kStart);
  cache_.ForgetSessions({SessionId(70)});
  cache_.Put(Token(1), Of(7, 70), before);
  EXPECT_FALSE(Known(1));
  cache_.Put(Token(1), Of(7, 70), cache_.Ask(kStart));
  EXPECT_TRUE(Known(1));
}

TEST_F(SessionCacheTest, FullCacheDropsWhatWasPutFirst) {
  for (int i = 0; i < 150; ++i) Put(i, 7, 70);
  EXPECT_LE(cache_.size(), 100U);
  EXPECT_FALSE(Known(0));
  EXPECT_TRUE(Known(149));
  cache_.ForgetSessions({SessionId(70)});
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(SessionCacheTest, WhatIsOverLeavesWithoutBeingAskedFor) {
  for (int i = 0; i < 50; ++i) Put(i, 7, 70);
  Put(99, 7, 70, kStart + 2s);
  EXPECT_EQ(cache_.size(), 1U);
}

TEST_F(SessionCacheTest, PutAgainIsGoodForLonger) {
  Put(1, 7, 70);
  Put(1, 7, 70, kStart + 500ms);
  Put(2, 7, 70, kStart + 1200ms);  // Looks at the first place of token 1 in the order.
  EXPECT_TRUE(Known(1, kStart + 1400ms));
  EXPECT_EQ(cache_.size(), 2U);
}

}  // namespace
}  // namespace yap::core
