#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "core/accounts_testing.h"
#include "core/limits.h"

namespace yap::core {
namespace {

using namespace std::chrono_literals;

class LoginTest : public AccountsFixture {
 protected:
  LoginTest() { alice_ = *Register("alice"); }

  Result<SignedIn> LoginKnowing(const Secret& refresh_token, std::string password = kPassword,
                                std::string name = "alice") {
    auto request = LoginOf(std::move(name), std::move(password));
    request.known_refresh_token = refresh_token;
    request.peer.text = "203.0.113." + std::to_string(++known_addresses_ % 250);
    return Login(std::move(request));
  }
  static Task<void> Whatever(Task<void> task) {
    (void)co_await std::move(task);
    co_return Result<>{};
  }
  static Task<void> TooLate() {
    co_return Fail(Errc::kDeadlineExceeded, reason::kDeadline, "too late");
  }
  Result<std::size_t> ChangePassword(const SignedIn& session, std::string from, std::string to) {
    return Await(accounts_->ChangePassword(Who(session), Secret(std::move(from)),
                                           Secret(std::move(to)), Soon()));
  }

  SignedIn alice_;
  int known_addresses_ = 0;
};

TEST_F(LoginTest, RightPasswordOpensASessionAndRepairsTheChannels) {
  const auto session = Login(LoginOf("alice"));
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->user.id, alice_.user.id);
  EXPECT_NE(session->session, alice_.session);
  EXPECT_EQ(channels_.ensured.size(), 2U);
  EXPECT_TRUE(Authenticate(*session));
  EXPECT_TRUE(Authenticate(alice_));
}

TEST_F(LoginTest, WrongNameAndWrongPasswordAreOneAnswerForOneWork) {
  ASSERT_TRUE(Await(accounts_->AdminCreateUser("robot", Secret(), false, Soon())));
  std::set<std::string> answers;
  for (const char* name : {"alice", "nobody", "robot"}) {
    const int checks = hasher_.checks;
    const auto result = Login(name, kOtherPassword);
    EXPECT_REFUSED(result, kUnauthenticated, "WRONG_CREDENTIALS");
    EXPECT_EQ(hasher_.checks, checks + 1) << name;
    EXPECT_TRUE(result.error().metadata.empty());
    answers.insert(result.error().message);
  }
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_EQ(hasher_.inner->dummies(), 2);
}

TEST_F(LoginTest, EmptyPasswordOpensNoUserWithoutPassword) {
  ASSERT_TRUE(Await(accounts_->AdminCreateUser("robot", Secret(), false, Soon())));
  EXPECT_REFUSED(Login("robot", ""), kUnauthenticated, "WRONG_CREDENTIALS");
}

TEST_F(LoginTest, NameThatCannotExistCostsNoHash) {
  const int checks = hasher_.checks;
  EXPECT_REFUSED(Login(std::string(33, 'a')), kUnauthenticated, "WRONG_CREDENTIALS");
  EXPECT_REFUSED(Login(std::string(60'000, 'a')), kUnauthenticated, "WRONG_CREDENTIALS");
  EXPECT_EQ(hasher_.checks, checks);
}

TEST_F(LoginTest, NamesAreThrottledBeforeHashingWhetherTheyExistOrNot) {
  for (const char* name : {"alice", "nobody"}) {
    for (int i = 0; i < 6; ++i) {
      EXPECT_REFUSED(Login(name, kOtherPassword), kUnauthenticated, "WRONG_CREDENTIALS");
    }
    const int checks = hasher_.checks;
    const auto throttled = Login(name);
    EXPECT_REFUSED(throttled, kResourceExhausted, "LOGIN_THROTTLED");
    EXPECT_EQ(throttled.error().retry_after, 1s);
    EXPECT_EQ(hasher_.checks, checks) << name;
  }
  EXPECT_NE(ReasonOf(Login("bob", kOtherPassword)), "LOGIN_THROTTLED");
  clock_.Advance(1s);
  EXPECT_TRUE(Login("alice"));
}

TEST_F(LoginTest, SuccessForgetsTheFailuresOfTheName) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) ASSERT_FALSE(Login("alice", kOtherPassword));
    ASSERT_EQ(ReasonOf(Login("alice")), "OK");
  }
}

TEST_F(LoginTest, AddressIsThrottledBeforeHashingWhateverTheNames) {
  int wrong = 0;
  for (int i = 0; i < 30; ++i) {
    auto request = LoginOf("name" + std::to_string(i), kOtherPassword);
    request.peer.text = "2001:db8::" + std::to_string(i);  // One customer's.
    const auto result = Login(std::move(request));
    wrong += ReasonOf(result) == "WRONG_CREDENTIALS" ? 1 : 0;
    if (i >= 20) {
      EXPECT_REFUSED(result, kResourceExhausted, "LOGIN_THROTTLED");
      EXPECT_EQ(result.error().retry_after, 3s);
    }
  }
  EXPECT_EQ(wrong, 20);
  EXPECT_EQ(hasher_.checks, 20);
}

TEST_F(LoginTest, BusyHasherCostsNoFailure) {
  hasher_.busy = true;
  for (int i = 0; i < 50; ++i) {
    const auto busy = Login("alice");
    EXPECT_REFUSED(busy, kResourceExhausted, "HASHING_BUSY");
    EXPECT_EQ(busy.error().retry_after, 1s);
  }
  hasher_.busy = false;
  EXPECT_TRUE(Login("alice"));
}

TEST_F(LoginTest, HolderOfALivingSessionIsNotLockedOutByOthers) {
  for (int i = 0; i < 6; ++i) ASSERT_FALSE(Login("alice", kOtherPassword));
  ASSERT_EQ(ReasonOf(Login("alice")), "LOGIN_THROTTLED");
  EXPECT_EQ(ReasonOf(LoginKnowing(alice_.tokens.refresh_token)), "OK");
  // The name stays throttled for those who prove nothing.
  EXPECT_EQ(ReasonOf(Login("alice")), "LOGIN_THROTTLED");
  // The token is proof only; it was not used up.
  const auto next = Refresh(alice_.tokens.refresh_token);
  ASSERT_TRUE(next);
  // Its predecessor proves as well, an older one does not.
  EXPECT_EQ(ReasonOf(LoginKnowing(alice_.tokens.refresh_token)), "OK");
  ASSERT_TRUE(Refresh(next->tokens.refresh_token));
  EXPECT_EQ(ReasonOf(LoginKnowing(alice_.tokens.refresh_token)), "LOGIN_THROTTLED");
}

TEST_F(LoginTest, SessionOfAnotherUserOrNoneProvesNothing) {
  const auto bob = Register("bob");
  for (int i = 0; i < 6; ++i) ASSERT_FALSE(Login("alice", kOtherPassword));
  EXPECT_EQ(ReasonOf(LoginKnowing(bob->tokens.refresh_token)), "LOGIN_THROTTLED");
  EXPECT_EQ(ReasonOf(LoginKnowing(Secret("yap_r_nonsense"))), "LOGIN_THROTTLED");
  ASSERT_TRUE(Await(accounts_->Logout(Who(alice_), Soon())));
  EXPECT_EQ(ReasonOf(LoginKnowing(alice_.tokens.refresh_token)), "LOGIN_THROTTLED");
}

TEST_F(LoginTest, ThiefOfASessionCannotGuessThePasswordFreely) {
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(ReasonOf(LoginKnowing(alice_.tokens.refresh_token, kOtherPassword)),
              "WRONG_CREDENTIALS");
  }
  EXPECT_EQ(ReasonOf(LoginKnowing(alice_.tokens.refresh_token)), "LOGIN_THROTTLED");
  EXPECT_EQ(ReasonOf(ChangePassword(alice_, kPassword, "another set of words")), "LOGIN_THROTTLED");
  // That is the thief's count, not the name's.
  EXPECT_EQ(ReasonOf(Login("alice")), "OK");
}

TEST_F(LoginTest, NameCannotBeMistakenForTheCountOfASession) {
  const std::string slot = "session:" + std::to_string(alice_.session.value);
  for (int i = 0; i < 6; ++i) ASSERT_FALSE(Login(slot, kOtherPassword));
  EXPECT_EQ(ReasonOf(LoginKnowing(alice_.tokens.refresh_token)), "OK");
}

TEST_F(LoginTest, LockIsToldOnlyToWhoKnowsThePassword) {
  ASSERT_TRUE(Await(accounts_->AdminSetLocked("alice", true, Soon())));
  EXPECT_REFUSED(Login("alice", kOtherPassword), kUnauthenticated, "WRONG_CREDENTIALS");
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_REFUSED(Login("alice"), kPermissionDenied, "ACCOUNT_LOCKED");
  EXPECT_EQ(ended_.size(), 1U);  // No session was opened, to be ended again.
  ASSERT_TRUE(Await(accounts_->AdminSetLocked("alice", false, Soon())));
  EXPECT_TRUE(Login("alice"));
}

TEST_F(LoginTest, RisenParametersHashThePasswordAnew) {
  hasher_.inner = std::make_unique<FakePasswordHasher>(2);
  const std::string before = Record("alice").password_hash;
  ASSERT_FALSE(Login("alice", kOtherPassword));
  EXPECT_EQ(Record("alice").password_hash, before);
  ASSERT_TRUE(Login("alice"));
  EXPECT_TRUE(Record("alice").password_hash.starts_with("fake:2:"));
  const int hashes = hasher_.hashes;
  ASSERT_TRUE(Login("alice"));
  EXPECT_EQ(hasher_.hashes, hashes);
}

TEST_F(LoginTest, FailingRehashKeepsNobodyOut) {
  hasher_.inner = std::make_unique<FakePasswordHasher>(2);
  const std::string before = Record("alice").password_hash;
  hasher_.meanwhile = [this] {
    hasher_.busy = true;  // From the hashing on; the verification is done.
    return Nothing();
  };
  EXPECT_TRUE(Login("alice"));
  EXPECT_EQ(Record("alice").password_hash, before);
}

TEST_F(LoginTest, EleventhSessionEndsTheOldestAtOnce) {
  std::vector<SessionId> opened = {alice_.session};
  for (int i = 1; i < 10; ++i) {
    clock_.Advance(1min);
    opened.push_back(Login("alice")->session);
  }
  EXPECT_TRUE(ended_.empty());
  clock_.Advance(1min);
  ASSERT_TRUE(Login("alice"));
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_EQ(RevocationsTold(), std::vector{alice_.session});
  EXPECT_REFUSED(Refresh(alice_.tokens.refresh_token), kUnauthenticated, "SESSION_REVOKED");
}

TEST_F(LoginTest, PasswordChangedWhileLoggingInWithTheOldOneLeavesNoSession) {
  hasher_.meanwhile = [this] {
    return Only(accounts_->AdminSetPassword("alice", Secret(std::string(kOtherPassword)), Soon()));
  };
  EXPECT_REFUSED(Login("alice"), kConflict, "WRITE_CONFLICT");
  EXPECT_TRUE(Await(accounts_->AdminListSessions("alice", Soon()))->empty());
  EXPECT_REFUSED(Login("alice"), kUnauthenticated, "WRONG_CREDENTIALS");
}

TEST_F(LoginTest, AccountLockedWhileLoggingInLeavesNoSession) {
  hasher_.meanwhile = [this] { return Only(accounts_->AdminSetLocked("alice", true, Soon())); };
  EXPECT_REFUSED(Login("alice"), kPermissionDenied, "ACCOUNT_LOCKED");
  EXPECT_TRUE(Await(accounts_->AdminListSessions("alice", Soon()))->empty());
}

TEST_F(LoginTest, NoErrorHoldsASecret) {
  const std::string token(alice_.tokens.refresh_token.Reveal());
  const auto check = [&](const Error& error) {
    std::string all = error.message + error.reason + error.field;
    for (const auto& [key, value] : error.metadata) all += key + value;
    EXPECT_FALSE(all.contains(kOtherPassword)) << all;
    EXPECT_FALSE(all.contains("yap_r_")) << all;
    EXPECT_FALSE(all.contains("yap_a_")) << all;
  };
  for (int i = 0; i < 8; ++i) check(LoginKnowing(Secret(token), kOtherPassword).error());
  check(Refresh(Secret(token + "x")).error());
  check(ChangePassword(alice_, kOtherPassword, "another set of words").error());
}

TEST_F(LoginTest, RefusalsAreCountedByReason) {
  auto wrong =
      metrics::NewCounter("yap_auth_failures_total", "Refused registrations, logins and tokens.",
                          {{"reason", "WRONG_CREDENTIALS"}});
  auto logins = metrics::NewCounter("yap_logins_total", "Sessions opened.");
  const double wrong_before = wrong.Value();
  const double logins_before = logins.Value();
  ASSERT_FALSE(Login("alice", kOtherPassword));
  ASSERT_TRUE(Login("alice"));
  EXPECT_EQ(wrong.Value(), wrong_before + 1);
  EXPECT_EQ(logins.Value(), logins_before + 1);
}

TEST_F(LoginTest, ChangedPasswordEndsAllOtherSessions) {
  const auto second = Login("alice");
  const auto third = Login("alice");
  ASSERT_TRUE(Authenticate(*third));  // Now it is cached.
  const auto changed = ChangePassword(*second, kPassword, kOtherPassword);
  EXPECT_EQ(changed, 2U);
  EXPECT_EQ(std::set(ended_.begin(), ended_.end()), std::set({alice_.session, third->session}));
  EXPECT_FALSE(Authenticate(*third));
  EXPECT_FALSE(Authenticate(alice_));
  EXPECT_TRUE(Authenticate(*second));
  EXPECT_REFUSED(Login("alice"), kUnauthenticated, "WRONG_CREDENTIALS");
  EXPECT_TRUE(Login("alice", kOtherPassword));
}

TEST_F(LoginTest, ChangeNeedsTheOldPasswordAndAGoodNewOne) {
  EXPECT_REFUSED(ChangePassword(alice_, kOtherPassword, "another set of words"), kUnauthenticated,
                 "WRONG_CREDENTIALS");
  const auto short_one = ChangePassword(alice_, kPassword, "short");
  EXPECT_REFUSED(short_one, kInvalidArgument, "PASSWORD_TOO_SHORT");
  EXPECT_EQ(short_one.error().field, "new_password");
  EXPECT_REFUSED(ChangePassword(alice_, kPassword, "alice and the rabbit"), kInvalidArgument,
                 "PASSWORD_COMMON");
  EXPECT_TRUE(Login("alice"));
  EXPECT_TRUE(ended_.empty());
}

TEST_F(LoginTest, OtherPasswordSetMeanwhileIsNotOverwritten) {
  hasher_.meanwhile = [this] {
    return Only(accounts_->AdminSetPassword("alice", Secret(std::string(kOtherPassword)), Soon()));
  };
  EXPECT_REFUSED(ChangePassword(alice_, kPassword, "another set of words"), kConflict,
                 "WRITE_CONFLICT");
  EXPECT_TRUE(Login("alice", kOtherPassword));
}

TEST_F(LoginTest, OtherChangesMeanwhileAreKept) {
  hasher_.meanwhile = [this] { return Only(accounts_->AdminSetAdmin("alice", true, Soon())); };
  EXPECT_TRUE(ChangePassword(alice_, kPassword, kOtherPassword));
  EXPECT_TRUE(Record("alice").admin);
  EXPECT_TRUE(Login("alice", kOtherPassword));
}

TEST_F(LoginTest, ChangeOfUnknownOutcomeEndsTheOtherSessions) {
  const auto second = Login("alice");
  users_.lose_update_answers = true;
  EXPECT_REFUSED(ChangePassword(*second, kPassword, kOtherPassword), kUnavailable,
                 "STORE_UNAVAILABLE");
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_TRUE(Login("alice", kOtherPassword));
}

TEST_F(LoginTest, ChangeAnsweredWithTheDeadlineEndsTheOtherSessionsAllTheSame) {
  const auto second = Login("alice");
  users_.answer_late = true;
  EXPECT_REFUSED(ChangePassword(*second, kPassword, kOtherPassword), kDeadlineExceeded, "DEADLINE");
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_FALSE(Authenticate(alice_));
}

TEST_F(LoginTest, RepeatedChangeEndsTheSessionsThatTheFirstLeft) {
  Open({.record_revocations = true});
  const auto second = Login("alice");
  channels_.record_error = MakeError(Errc::kUnavailable, reason::kStoreUnavailable, "down");
  EXPECT_FALSE(ChangePassword(*second, kPassword, kOtherPassword));
  ASSERT_TRUE(ended_.empty());
  channels_.record_error.reset();
  EXPECT_EQ(ChangePassword(*second, kPassword, kOtherPassword), 1U);
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_EQ(ChangePassword(*second, kPassword, kOtherPassword), 0U) << "and again";
  EXPECT_TRUE(Authenticate(*second));
}

TEST_F(LoginTest, ChangeWithTwoWrongPasswordsIsOneFailure) {
  const std::string wrong = "another set of words";
  for (int i = 0; i < 6; ++i) {
    EXPECT_REFUSED(ChangePassword(alice_, kOtherPassword, wrong), kUnauthenticated,
                   "WRONG_CREDENTIALS");
  }
  EXPECT_REFUSED(ChangePassword(alice_, kOtherPassword, kPassword), kResourceExhausted,
                 "LOGIN_THROTTLED");
}

// Contract line C6: nothing of these may be told as if it had stored nothing.
TEST_F(LoginTest, RefusalAfterTheChangeIsUnknownNotNothingStored) {
  Open({.record_revocations = true});
  const auto second = Login("alice");
  channels_.record_error = StoreFull();
  EXPECT_REFUSED(ChangePassword(*second, kPassword, kOtherPassword), kUnavailable,
                 "STORE_UNAVAILABLE");
  EXPECT_REFUSED(ChangePassword(*second, kPassword, kOtherPassword), kUnavailable,
                 "STORE_UNAVAILABLE");
  EXPECT_TRUE(Login("alice", kOtherPassword));
}

TEST_F(LoginTest, RefusalAfterASessionWasStoredIsUnknownNotNothingStored) {
  sessions_.full_for_access = true;
  EXPECT_REFUSED(Login("alice"), kUnavailable, "STORE_UNAVAILABLE");
  EXPECT_EQ(Await(accounts_->AdminListSessions("alice", Soon()))->size(), 2U);
  EXPECT_REFUSED(Refresh(alice_.tokens.refresh_token), kUnavailable, "STORE_UNAVAILABLE");
  sessions_.full_for_access = false;
  EXPECT_TRUE(Refresh(alice_.tokens.refresh_token));
}

TEST_F(LoginTest, SessionThatIsNotWantedAndCannotBeEndedIsUnknown) {
  Open({.record_revocations = true});
  hasher_.meanwhile = [this] {
    channels_.record_error = StoreFull();
    return Whatever(accounts_->AdminSetLocked("alice", true, Soon()));
  };
  EXPECT_REFUSED(Login("alice"), kUnavailable, "STORE_UNAVAILABLE");
  EXPECT_EQ(Await(accounts_->AdminListSessions("alice", Soon()))->size(), 2U);
}

// Before anything is written, nothing is ended.
TEST_F(LoginTest, ChangeWhoseHashingRanOutOfTimeEndsNothing) {
  const auto second = Login("alice");
  hasher_.meanwhile = [this] {
    hasher_.meanwhile = [] { return TooLate(); };
    return Nothing();
  };
  EXPECT_REFUSED(ChangePassword(*second, kPassword, kOtherPassword), kDeadlineExceeded, "DEADLINE");
  EXPECT_TRUE(ended_.empty());
  EXPECT_TRUE(Login("alice"));
}

}  // namespace
}  // namespace yap::core
