#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/accounts_testing.h"
#include "core/limits.h"

namespace yap::core {
namespace {

using namespace std::chrono_literals;

class AdminTest : public AccountsFixture {
 protected:
  AdminTest() { alice_ = *Register("alice"); }
  Result<UserView> Create(std::string name, std::string password = kPassword, bool admin = false) {
    return Await(
        accounts_->AdminCreateUser(std::move(name), Secret(std::move(password)), admin, Soon()));
  }
  Result<std::vector<UserView>> Users(std::vector<UserRef> refs) {
    return Await(accounts_->GetUsers(std::move(refs), Soon()));
  }
  SignedIn alice_;
};

TEST_F(AdminTest, CreatedUserHasChannelsAndCanLogIn) {
  const auto root = Create("olga", kPassword, true);
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->admin);
  EXPECT_EQ(channels_.ensured.back(), root->id);
  const auto session = Login("olga");
  ASSERT_TRUE(session);
  EXPECT_TRUE(Authenticate(*session)->admin);
  EXPECT_REFUSED(Create("olga"), kAlreadyExists, "NAME_TAKEN");
  EXPECT_REFUSED(Create("Olga"), kInvalidArgument, "NAME_INVALID");
  EXPECT_REFUSED(Create("peter", "short"), kInvalidArgument, "PASSWORD_TOO_SHORT");
}

TEST_F(AdminTest, UserWithoutPasswordIsOpenedByTheOperatorOnly) {
  ASSERT_TRUE(Create("robot", ""));
  EXPECT_REFUSED(Login("robot", ""), kUnauthenticated, "WRONG_CREDENTIALS");
  const auto session = Await(accounts_->AdminOpenSession("robot", "load test", Soon()));
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(Authenticate(*session)->username, "robot");
  EXPECT_REFUSED(Await(accounts_->AdminOpenSession("nobody", "", Soon())), kNotFound,
                 "USER_NOT_FOUND");
  ASSERT_TRUE(Await(accounts_->AdminSetLocked("robot", true, Soon())));
  EXPECT_REFUSED(Await(accounts_->AdminOpenSession("robot", "", Soon())), kPermissionDenied,
                 "ACCOUNT_LOCKED");
}

TEST_F(AdminTest, SetPasswordEndsAllSessionsAndForgetsFailures) {
  for (int i = 0; i < 6; ++i) ASSERT_FALSE(Login("alice", "wrong wrong wrong"));
  ASSERT_TRUE(
      Await(accounts_->AdminSetPassword("alice", Secret(std::string(kOtherPassword)), Soon())));
  EXPECT_EQ(ended_, std::vector{alice_.session});
  EXPECT_TRUE(Login("alice", kOtherPassword));
  EXPECT_REFUSED(Await(accounts_->AdminSetPassword("alice", Secret(std::string("short")), Soon())),
                 kInvalidArgument, "PASSWORD_TOO_SHORT");
  EXPECT_REFUSED(
      Await(accounts_->AdminSetPassword("nobody", Secret(std::string(kPassword)), Soon())),
      kNotFound, "USER_NOT_FOUND");
}

TEST_F(AdminTest, LockEndsAllSessionsAtOnceAlsoWhereItsOutcomeIsUnknown) {
  const auto second = Login("alice");
  ASSERT_TRUE(Authenticate(*second));
  users_.lose_update_answers = true;
  EXPECT_FALSE(Await(accounts_->AdminSetLocked("alice", true, Soon())));
  EXPECT_EQ(std::set(ended_.begin(), ended_.end()), std::set({alice_.session, second->session}));
  EXPECT_FALSE(Authenticate(*second));
  EXPECT_REFUSED(Login("alice"), kPermissionDenied, "ACCOUNT_LOCKED");
}

TEST_F(AdminTest, AnswerThatComesWithTheDeadlineKeepsNoSessionAlive) {
  users_.answer_late = true;
  EXPECT_REFUSED(
      Await(accounts_->AdminSetPassword("alice", Secret(std::string(kOtherPassword)), Soon())),
      kDeadlineExceeded, "DEADLINE");
  EXPECT_EQ(ended_, std::vector{alice_.session});
  users_.answer_late = false;
  const auto second = Login("alice", kOtherPassword);
  users_.answer_late = true;
  EXPECT_REFUSED(Await(accounts_->AdminSetLocked("alice", true, Soon())), kDeadlineExceeded,
                 "DEADLINE");
  EXPECT_EQ(ended_, (std::vector{alice_.session, second->session}));
}

TEST_F(AdminTest, RefusalAfterTheRecordIsWrittenIsUnknownNotNothingStored) {
  Open({.record_revocations = true});
  channels_.record_error = StoreFull();
  EXPECT_REFUSED(
      Await(accounts_->AdminSetPassword("alice", Secret(std::string(kOtherPassword)), Soon())),
      kUnavailable, "STORE_UNAVAILABLE");
  EXPECT_REFUSED(Await(accounts_->AdminSetLocked("alice", true, Soon())), kUnavailable,
                 "STORE_UNAVAILABLE");
  EXPECT_TRUE(Record("alice").locked);
}

TEST_F(AdminTest, UnlockEndsNothing) {
  ASSERT_TRUE(Await(accounts_->AdminSetLocked("alice", false, Soon())));
  EXPECT_TRUE(ended_.empty());
  EXPECT_TRUE(Authenticate(alice_));
}

TEST_F(AdminTest, AdminFlagIsFeltAtOnce) {
  EXPECT_FALSE(Authenticate(alice_)->admin);
  ASSERT_TRUE(Await(accounts_->AdminSetAdmin("alice", true, Soon())));
  EXPECT_TRUE(Authenticate(alice_)->admin);
  ASSERT_TRUE(Await(accounts_->AdminSetAdmin("alice", false, Soon())));
  EXPECT_FALSE(Authenticate(alice_)->admin);
}

TEST_F(AdminTest, SessionsAreRevokedOneOrAll) {
  const auto second = Login("alice");
  const auto third = Login("alice");
  const auto bob = Register("bob");
  EXPECT_EQ(Await(accounts_->AdminListSessions("alice", Soon()))->size(), 3U);
  EXPECT_EQ(Await(accounts_->AdminRevokeSessions("alice", second->session, Soon())), 1U);
  EXPECT_EQ(ended_, std::vector{second->session});
  EXPECT_REFUSED(Await(accounts_->AdminRevokeSessions("alice", bob->session, Soon())), kNotFound,
                 "SESSION_NOT_FOUND");
  EXPECT_EQ(Await(accounts_->AdminRevokeSessions("alice", std::nullopt, Soon())), 2U);
  EXPECT_EQ(Await(accounts_->AdminRevokeSessions("alice", std::nullopt, Soon())), 0U);
  EXPECT_EQ(RevocationsTold().size(), 3U);
  EXPECT_TRUE(Authenticate(*bob));
}

TEST_F(AdminTest, OneRevocationHasOneKey) {
  ASSERT_TRUE(Await(accounts_->AdminRevokeSessions("alice", std::nullopt, Soon())));
  ASSERT_TRUE(Await(accounts_->Logout(Who(alice_), Soon())));
  ASSERT_EQ(channels_.notices.size(), 2U);
  EXPECT_EQ(channels_.notices[0].key, channels_.notices[1].key);
  EXPECT_FALSE(IsNone(channels_.notices[0].key));
}

TEST_F(AdminTest, ListedUsersComeInPagesWithoutTheirHashes) {
  ASSERT_TRUE(Create("bob"));
  ASSERT_TRUE(Create("carol"));
  const auto page = Await(accounts_->AdminListUsers("alice", 1, Soon()));
  ASSERT_EQ(page->size(), 1U);
  EXPECT_EQ(page->at(0).name, "bob");
  EXPECT_TRUE(page->at(0).password_hash.empty());
  EXPECT_EQ(Await(accounts_->AdminListUsers("", 0, Soon()))->size(), 1U);
  EXPECT_EQ(Await(accounts_->AdminListUsers("", 1'000'000, Soon()))->size(), 3U);
}

TEST_F(AdminTest, InvitationMustBeUsable) {
  EXPECT_REFUSED(Await(accounts_->AdminCreateInvite(0, 24h, Soon())), kInvalidArgument,
                 "FIELD_INVALID");
  EXPECT_REFUSED(Await(accounts_->AdminCreateInvite(1, 0h, Soon())), kInvalidArgument,
                 "FIELD_INVALID");
  const auto code = Await(accounts_->AdminCreateInvite(1, 24h, Soon()));
  ASSERT_TRUE(code);
  EXPECT_TRUE(code->Reveal().starts_with("yap_i_"));
  EXPECT_EQ(Await(store_->users().ListInvites(Soon()))->at(0).code_hash, Sha256(code->Reveal()));
}

TEST_F(AdminTest, UsersAreAnsweredInOrderOnceAndWithoutUnknownOnes) {
  const auto bob = Create("bob");
  const auto users =
      Users({"bob", "nobody", alice_.user.id, UserId(99), bob->id, std::string("alice")});
  ASSERT_TRUE(users);
  ASSERT_EQ(users->size(), 2U);
  EXPECT_EQ(users->at(0).name, "bob");
  EXPECT_EQ(users->at(1).name, "alice");
  const auto many = Users(std::vector<UserRef>(kUsersPerCallMax + 1, alice_.user.id));
  EXPECT_REFUSED(many, kInvalidArgument, "LIST_TOO_LONG");
  EXPECT_TRUE(Users(std::vector<UserRef>(kUsersPerCallMax, alice_.user.id)));
}

TEST_F(AdminTest, ProfileIsChangedNormalisedAndCleared) {
  const auto update = [&](std::string name) {
    return Await(accounts_->UpdateProfile(Who(alice_), std::move(name), Soon()));
  };
  EXPECT_EQ(update("Zoe\u0308")->display_name, "Zo\u00eb");
  EXPECT_EQ(Await(accounts_->WhoAmI(Who(alice_), Soon()))->display_name, "Zo\u00eb");
  EXPECT_EQ(update("")->display_name, "");
  const auto refused = update("a\nb");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "display_name");
}

}  // namespace
}  // namespace yap::core
