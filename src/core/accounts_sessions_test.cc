#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/accounts_testing.h"
#include "core/limits.h"
#include "core/sessions.h"

namespace yap::core {
namespace {

using namespace std::chrono_literals;

class SessionsTest : public AccountsFixture {
 protected:
  SessionsTest() { alice_ = *Register("alice"); }
  SignedIn alice_;
};

TEST_F(SessionsTest, NewestRefreshTokenIsFollowedByItsSuccessor) {
  clock_.Advance(10min);
  const auto next = Refresh(alice_.tokens.refresh_token);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->session, alice_.session);
  EXPECT_EQ(next->user.id, alice_.user.id);
  EXPECT_NE(next->tokens.refresh_token.Reveal(), alice_.tokens.refresh_token.Reveal());
  EXPECT_EQ(next->tokens.access_expire_time, clock_.Now() + 15min);
  EXPECT_EQ(next->tokens.refresh_expire_time, clock_.Now() + 30 * 24h);
  EXPECT_TRUE(Authenticate(*next));
  EXPECT_TRUE(Authenticate(alice_));  // Until it expires.
  const auto sessions = Await(accounts_->ListSessions(Who(alice_), Soon()));
  ASSERT_EQ(sessions->size(), 1U);
  EXPECT_EQ(sessions->at(0).address, "192.0.2.3");
  EXPECT_EQ(sessions->at(0).last_used_time, clock_.Now());
  EXPECT_EQ(sessions->at(0).create_time, clock_.Now() - 10min);
}

TEST_F(SessionsTest, LostAnswerIsRepeatedWithTheSameSuccessorAndAnotherAccessToken) {
  const auto first = Refresh(alice_.tokens.refresh_token);
  clock_.Advance(24h);
  const auto again = Refresh(alice_.tokens.refresh_token);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->tokens.refresh_token.Reveal(), first->tokens.refresh_token.Reveal());
  EXPECT_NE(again->tokens.access_token.Reveal(), first->tokens.access_token.Reveal());
  EXPECT_TRUE(Authenticate(*again));
  EXPECT_TRUE(Refresh(again->tokens.refresh_token));
}

TEST_F(SessionsTest, OlderTokenEndsTheSession) {
  const auto second = Refresh(alice_.tokens.refresh_token);
  const auto third = Refresh(second->tokens.refresh_token);
  ASSERT_TRUE(Authenticate(*third));
  EXPECT_REFUSED(Refresh(alice_.tokens.refresh_token), kUnauthenticated, "REFRESH_REUSED");
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_EQ(RevocationsTold(), std::vector{alice_.session});
  EXPECT_REFUSED(Authenticate(*third), kUnauthenticated, "TOKEN_INVALID");
  EXPECT_REFUSED(Refresh(third->tokens.refresh_token), kUnauthenticated, "SESSION_REVOKED");
}

TEST_F(SessionsTest, ReuseEndsNoOtherSession) {
  const auto other = Login("alice");
  const auto second = Refresh(alice_.tokens.refresh_token);
  ASSERT_TRUE(Refresh(second->tokens.refresh_token));
  ASSERT_FALSE(Refresh(alice_.tokens.refresh_token));
  EXPECT_TRUE(Authenticate(*other));
  EXPECT_TRUE(Refresh(other->tokens.refresh_token));
}

TEST_F(SessionsTest, WhatIsNoRefreshTokenIsRefused) {
  EXPECT_REFUSED(Refresh(Secret()), kUnauthenticated, "TOKEN_INVALID");
  EXPECT_REFUSED(Refresh(alice_.tokens.access_token), kUnauthenticated, "TOKEN_INVALID");
  std::string forged(alice_.tokens.refresh_token.Reveal());
  forged[10] = forged[10] == 'A' ? 'B' : 'A';
  EXPECT_REFUSED(Refresh(Secret(forged)), kUnauthenticated, "TOKEN_INVALID");
  // Of a store that was restored to an older state.
  const Secret ahead = MintRefreshToken(Secret(std::string(32, 'k')), {alice_.session, 9});
  EXPECT_REFUSED(Refresh(ahead), kUnauthenticated, "TOKEN_INVALID");
  EXPECT_TRUE(Refresh(alice_.tokens.refresh_token));
}

TEST_F(SessionsTest, RefreshesThatRaceAgreeOnOneSuccessor) {
  std::vector<Result<SignedIn>> answers;
  for (int i = 0; i < 5; ++i) {
    SpawnThen(io_.get_executor(),
              accounts_->Refresh(alice_.tokens.refresh_token, {.text = "::1"}, Soon()),
              [&](Result<SignedIn> r) { answers.push_back(std::move(r)); });
  }
  clock_.RunFor(io_, 1min, [&] { return answers.size() == 5; });
  ASSERT_EQ(answers.size(), 5U);
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->tokens.refresh_token.Reveal(), answers[0]->tokens.refresh_token.Reveal());
  }
  EXPECT_TRUE(ended_.empty());
}

TEST_F(SessionsTest, RefreshesOfOneSessionAreBoundedAndOthersGoOn) {
  const auto other = *Login("alice");
  for (std::size_t i = 0; i < kRefreshesPerHour; ++i) {
    ASSERT_TRUE(Refresh(alice_.tokens.refresh_token));
  }
  const auto refused = Refresh(alice_.tokens.refresh_token);
  EXPECT_REFUSED(refused, kResourceExhausted, "LOGIN_THROTTLED");
  EXPECT_TRUE(Refresh(other.tokens.refresh_token));
  clock_.Advance(*refused.error().retry_after);
  EXPECT_TRUE(Refresh(alice_.tokens.refresh_token)) << "as told";
}

TEST_F(SessionsTest, UnusedSessionExpires) {
  clock_.Advance(30 * 24h - 1s);
  const auto next = Refresh(alice_.tokens.refresh_token);
  ASSERT_TRUE(next);
  clock_.Advance(30 * 24h);
  EXPECT_REFUSED(Refresh(next->tokens.refresh_token), kUnauthenticated, "SESSION_EXPIRED");
  EXPECT_EQ(ended_, std::vector{alice_.session});
}

TEST_F(SessionsTest, SessionInUseEndsAfterNinetyDaysAndItsTokensWithIt) {
  SignedIn current = alice_;
  for (int days = 20; days < 90; days += 20) {
    clock_.Advance(20 * 24h);
    current = *Refresh(current.tokens.refresh_token);
  }
  EXPECT_EQ(current.tokens.refresh_expire_time, alice_.user.create_time + 90 * 24h);
  clock_.Advance(10 * 24h - 5min);
  current = *Refresh(current.tokens.refresh_token);
  EXPECT_EQ(current.tokens.access_expire_time, alice_.user.create_time + 90 * 24h);
  clock_.Advance(5min);
  EXPECT_REFUSED(Authenticate(current), kUnauthenticated, "TOKEN_EXPIRED");
  EXPECT_REFUSED(Refresh(current.tokens.refresh_token), kUnauthenticated, "SESSION_EXPIRED");
}

TEST_F(SessionsTest, AccessTokenExpiresAlsoWhereItIsCached) {
  clock_.Advance(15min - 1ms);
  EXPECT_TRUE(Authenticate(alice_));
  clock_.Advance(1ms);
  EXPECT_REFUSED(Authenticate(alice_), kUnauthenticated, "TOKEN_EXPIRED");
}

TEST_F(SessionsTest, WhatIsNoAccessTokenIsRefused) {
  const auto refused = [&](std::string token) {
    return ReasonOf(Await(accounts_->Authenticate(Secret(std::move(token)), Soon())));
  };
  EXPECT_EQ(refused(""), "TOKEN_INVALID");
  EXPECT_EQ(refused(std::string(alice_.tokens.refresh_token.Reveal())), "TOKEN_INVALID");
  EXPECT_EQ(refused("yap_a_" + std::string(43, 'A')), "TOKEN_INVALID");
}

TEST_F(SessionsTest, StoreThatIsDownIsNotABadToken) {
  faulty_->SetDown(true);
  const auto down = Authenticate(alice_);
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().code, Errc::kUnavailable);
  const auto refresh = Refresh(alice_.tokens.refresh_token);
  ASSERT_FALSE(refresh);
  EXPECT_EQ(refresh.error().code, Errc::kUnavailable);
  faulty_->SetDown(false);
  EXPECT_TRUE(Authenticate(alice_));
  EXPECT_TRUE(Refresh(alice_.tokens.refresh_token));
}

TEST_F(SessionsTest, AnswersFromMemoryNoLongerThanTheCacheLives) {
  ASSERT_TRUE(Authenticate(alice_));
  const auto calls = faulty_->stats().calls;
  clock_.Advance(kAuthCacheLife - 1ms);
  ASSERT_TRUE(Authenticate(alice_));
  EXPECT_EQ(faulty_->stats().calls, calls);
  // Another process ends the session: felt when the cache has lived.
  ASSERT_TRUE(Await(store_->sessions().DeleteSessions({alice_.session}, Soon())));
  EXPECT_TRUE(Authenticate(alice_));
  clock_.Advance(1ms);
  EXPECT_REFUSED(Authenticate(alice_), kUnauthenticated, "TOKEN_INVALID");
}

TEST_F(SessionsTest, LogoutEndsTheSessionAtOnce) {
  ASSERT_TRUE(Authenticate(alice_));
  ASSERT_TRUE(Await(accounts_->Logout(Who(alice_), Soon())));
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_REFUSED(Authenticate(alice_), kUnauthenticated, "TOKEN_INVALID");
  EXPECT_REFUSED(Refresh(alice_.tokens.refresh_token), kUnauthenticated, "SESSION_REVOKED");
  EXPECT_EQ(RevocationsTold(), std::vector{alice_.session});
}

TEST_F(SessionsTest, LogoutDuringTheQuestionLeavesNothingInTheCache) {
  faulty_->SetFaults({.delay_min = 10ms, .delay_max = 10ms});
  std::optional<Result<Principal>> asked;
  SpawnThen(io_.get_executor(), accounts_->Authenticate(alice_.tokens.access_token, Soon()),
            [&](Result<Principal> r) { asked = std::move(r); });
  clock_.RunFor(io_, 25ms);  // The token was found; its user is asked for.
  faulty_->SetFaults({});
  ASSERT_TRUE(Await(accounts_->Logout(Who(alice_), Soon())));
  ASSERT_FALSE(asked.has_value());
  clock_.RunFor(io_, 100ms, [&] { return asked.has_value(); });
  ASSERT_TRUE(asked.has_value());
  EXPECT_TRUE(*asked);  // It held when it was asked.
  EXPECT_REFUSED(Authenticate(alice_), kUnauthenticated, "TOKEN_INVALID");
}

TEST_F(SessionsTest, InboxThatCannotBeToldFailsNoLogout) {
  channels_.inbox_error = MakeError(Errc::kUnavailable, reason::kStoreUnavailable, "down");
  EXPECT_TRUE(Await(accounts_->Logout(Who(alice_), Soon())));
  EXPECT_EQ(ended_, std::vector{alice_.session});
}

TEST_F(SessionsTest, SessionWhoseDeletionFailedIsToldAsEndedAllTheSame) {
  ASSERT_TRUE(Authenticate(alice_));
  faulty_->SetFaults({.fail_after = 1});
  EXPECT_FALSE(Await(accounts_->Logout(Who(alice_), Soon())));
  faulty_->SetFaults({});
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_FALSE(Authenticate(alice_));
}

// Streams of a cluster's sessions live in gateways, which read the system log.
TEST_F(SessionsTest, EndsAreRecordedWhereStreamsLiveElsewhereAndOnlyThere) {
  ASSERT_TRUE(Await(accounts_->Logout(Who(alice_), Soon())));
  EXPECT_TRUE(channels_.recorded.empty());
  Open({.record_revocations = true});
  const auto second = Login("alice");
  ASSERT_TRUE(Await(accounts_->Logout(Who(*second), Soon())));
  EXPECT_EQ(channels_.recorded, std::vector{second->session});
}

TEST_F(SessionsTest, ASessionWhoseEndCannotBeRecordedLivesOn) {
  Open({.record_revocations = true});
  channels_.record_error = MakeError(Errc::kUnavailable, reason::kStoreUnavailable, "down");
  EXPECT_REFUSED(Await(accounts_->Logout(Who(alice_), Soon())), kUnavailable, "STORE_UNAVAILABLE");
  EXPECT_TRUE(Authenticate(alice_));
  channels_.record_error.reset();
  EXPECT_TRUE(Await(accounts_->Logout(Who(alice_), Soon())));
  EXPECT_FALSE(Authenticate(alice_));
}

TEST_F(SessionsTest, EvictedSessionThatCannotBeRecordedIsRecordedByTheNextSweep) {
  Open({.record_revocations = true});
  channels_.record_error = StoreFull();
  for (std::size_t i = 0; i < kSessionsPerUserMax; ++i) {
    clock_.Advance(1min);
    EXPECT_EQ(ReasonOf(Login("alice")), "OK");
  }
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_FALSE(Await(accounts_->Sweep(Soon())));
  EXPECT_TRUE(channels_.recorded.empty());
  channels_.record_error.reset();
  EXPECT_TRUE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(channels_.recorded, std::vector{alice_.session});
  EXPECT_TRUE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(channels_.recorded.size(), 1U) << "once";
}

TEST_F(SessionsTest, SweptSessionThatCannotBeRecordedIsRecordedByTheNextSweep) {
  Open({.record_revocations = true});
  clock_.Advance(31 * 24h);
  channels_.record_error = MakeError(Errc::kUnavailable, reason::kStoreUnavailable, "down");
  EXPECT_FALSE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(ended_, std::vector{alice_.session});
  channels_.record_error.reset();
  EXPECT_TRUE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(channels_.recorded, std::vector{alice_.session});
}

TEST_F(SessionsTest, NothingMoreIsSweptWhileEndsCannotBeRecorded) {
  Open({.record_revocations = true});
  channels_.record_error = StoreFull();
  clock_.Advance(20 * 24h);
  const auto bob = Register("bob");
  clock_.Advance(11 * 24h);
  ASSERT_FALSE(Await(accounts_->Sweep(Soon())));
  clock_.Advance(20 * 24h);
  ASSERT_FALSE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(ended_, std::vector{alice_.session});
  channels_.record_error.reset();
  ASSERT_TRUE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(channels_.recorded, (std::vector{alice_.session, bob->session}));
}

TEST_F(SessionsTest, SweptSessionsAreRecordedSeveralAtATime) {
  Open({.record_revocations = true});
  for (int i = 1; i < 10; ++i) ASSERT_TRUE(Login("alice"));
  clock_.Advance(31 * 24h);
  channels_.before_recording = [this] { return SleepFor(clock_, 2s); };
  const MonoTime before = clock_.Mono();
  ASSERT_TRUE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(channels_.recorded.size(), 10U);
  EXPECT_EQ(clock_.Mono() - before, 2s);
}

TEST_F(SessionsTest, OwnSessionsAreListedLastUsedFirst) {
  clock_.Advance(1min);
  const auto second = Login("alice");
  clock_.Advance(1min);
  ASSERT_TRUE(Refresh(alice_.tokens.refresh_token));
  const auto sessions = Await(accounts_->ListSessions(Who(*second), Soon()));
  ASSERT_EQ(sessions->size(), 2U);
  EXPECT_EQ(sessions->at(0).id, alice_.session);
  EXPECT_EQ(sessions->at(0).device_name, "laptop");
  EXPECT_FALSE(sessions->at(0).current);
  EXPECT_EQ(sessions->at(1).id, second->session);
  EXPECT_EQ(sessions->at(1).device_name, "phone");
  EXPECT_TRUE(sessions->at(1).current);
}

TEST_F(SessionsTest, OnlyOwnSessionsCanBeRevoked) {
  const auto second = Login("alice");
  const auto bob = Register("bob");
  const auto revoke = [&](const SignedIn& who, SessionId session) {
    return Await(accounts_->RevokeSession(Who(who), session, Soon()));
  };
  EXPECT_REFUSED(revoke(*bob, alice_.session), kNotFound, "SESSION_NOT_FOUND");
  EXPECT_REFUSED(revoke(alice_, SessionId(12345)), kNotFound, "SESSION_NOT_FOUND");
  EXPECT_TRUE(ended_.empty());
  EXPECT_TRUE(revoke(alice_, second->session));
  EXPECT_EQ(ended_, std::vector{second->session});
  EXPECT_FALSE(Authenticate(*second));
  EXPECT_TRUE(Authenticate(alice_));
}

TEST_F(SessionsTest, LockedUserIsFoundOutByTheTokenEvenIfItsSessionsWereLeft) {
  // Another process locked the account, and died before it ended the sessions.
  auto record = Record("alice");
  record.locked = true;
  ASSERT_TRUE(Await(store_->users().UpdateUser(record, Soon())));
  EXPECT_REFUSED(Authenticate(alice_), kPermissionDenied, "ACCOUNT_LOCKED");
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_REFUSED(Authenticate(alice_), kUnauthenticated, "TOKEN_INVALID");
}

TEST_F(SessionsTest, LockedUserIsFoundOutByTheRefreshToken) {
  auto record = Record("alice");
  record.locked = true;
  ASSERT_TRUE(Await(store_->users().UpdateUser(record, Soon())));
  EXPECT_REFUSED(Refresh(alice_.tokens.refresh_token), kPermissionDenied, "ACCOUNT_LOCKED");
  EXPECT_EQ(ended_, std::vector{alice_.session});
}

TEST_F(SessionsTest, SweepEndsWhatIsOver) {
  clock_.Advance(29 * 24h);
  const auto fresh = Login("alice");
  ASSERT_TRUE(Await(accounts_->Sweep(Soon())));
  EXPECT_TRUE(ended_.empty());
  clock_.Advance(2 * 24h);
  EXPECT_EQ(Await(accounts_->ListSessions(Who(*fresh), Soon()))->size(), 1U);
  ASSERT_TRUE(Await(accounts_->Sweep(Soon())));
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_TRUE(Refresh(fresh->tokens.refresh_token));
}

TEST_F(SessionsTest, SessionsSurviveARestart) {
  Open({});
  EXPECT_TRUE(Authenticate(alice_));
  EXPECT_TRUE(Refresh(alice_.tokens.refresh_token));
}

TEST(JudgeRefreshTest, OnlyTheNewestTwoAreGood) {
  EXPECT_EQ(JudgeRefresh(5, 5), RefreshVerdict::kAdvance);
  EXPECT_EQ(JudgeRefresh(4, 5), RefreshVerdict::kRepeat);
  EXPECT_EQ(JudgeRefresh(3, 5), RefreshVerdict::kReused);
  EXPECT_EQ(JudgeRefresh(0, 5), RefreshVerdict::kReused);
  EXPECT_EQ(JudgeRefresh(6, 5), RefreshVerdict::kUnknown);
}

// The family against a model that is one number: any mixture of refreshes whose answers arrive or
// get lost, of replays of any token minted so far, over a store that loses answers as well.
class RefreshFamily : AccountsWorld {
 public:
  void Check() {
    const auto first = *Register("alice");
    minted_ = {std::string(first.tokens.refresh_token.Reveal())};
    while (steps_++ < 40 && alive_) Step();
    if (!alive_) RC_ASSERT(!ended_.empty());
  }

 private:
  void Step() {
    // Mostly the newest ones, as clients do.
    const auto back = *rc::gen::weightedElement<std::size_t>({{8, 0}, {4, 1}, {1, 2}, {1, 5}});
    const std::size_t at = minted_.size() - 1 - std::min(back, minted_.size() - 1);
    if (*rc::gen::inRange(0, 4) == 0) faulty_->SetFaults({.fail_before = 0.3, .fail_after = 0.3});
    const auto answer = Refresh(Secret(minted_[at]));
    faulty_->SetFaults({});
    if (answer) return Succeeded(at, std::string(answer->tokens.refresh_token.Reveal()));
    Failed(at, answer.error());
  }

  // The answer's token is the successor of `at`: a new one or the newest, never a third.
  void Succeeded(std::size_t at, const std::string& successor) {
    RC_ASSERT(at + 2 >= minted_.size());
    if (at + 1 == minted_.size()) {
      minted_.push_back(successor);
    } else {
      RC_ASSERT(successor == minted_.back());
    }
  }

  // Where the store lost the answer, the family may or may not have gone on by one.
  void Failed(std::size_t at, const Error& error) {
    if (error.reason == reason::kRefreshReused) {
      RC_ASSERT(at + 2 < minted_.size());
      alive_ = false;
      for (const auto& token : minted_) RC_ASSERT(!Refresh(Secret(token)));
      return;
    }
    RC_ASSERT(error.code == Errc::kUnavailable || error.code == Errc::kDeadlineExceeded);
    const auto session = Await(store_->sessions().ListSessions(Record("alice").id, Soon()));
    if (session->empty()) {  // The reuse was found; its answer got lost.
      RC_ASSERT(at + 2 < minted_.size());
      alive_ = false;
      return;
    }
    const std::uint64_t newest = session->at(0).counter;
    RC_ASSERT(newest == minted_.size() || (newest == minted_.size() + 1 && at + 1 == newest - 1));
    if (newest > minted_.size()) {
      minted_.emplace_back(
          MintRefreshToken(Secret(std::string(32, 'k')), {session->at(0).id, newest}).Reveal());
    }
  }

  std::vector<std::string> minted_;
  bool alive_ = true;
  int steps_ = 0;
};

RC_GTEST_PROP(RefreshFamilyTest, HasOneLineageAndOlderTokensEndIt, ()) {
  RefreshFamily family;
  family.Check();
}

}  // namespace
}  // namespace yap::core
