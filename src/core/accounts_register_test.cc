#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "core/accounts_testing.h"
#include "core/limits.h"

namespace yap::core {
namespace {

using namespace std::chrono_literals;

ClientKey KeyOf(int n) {
  ClientKey key{};
  key[0] = static_cast<std::byte>(n);
  return key;
}

class RegisterTest : public AccountsFixture {
 protected:
  Secret Invite(std::uint32_t uses = 1) {
    return std::move(*Await(accounts_->AdminCreateInvite(uses, 24h, Soon())));
  }
  RegisterRequest Invited(std::string name, const Secret& code) {
    auto request = Registration(std::move(name));
    request.invite_code = code;
    return request;
  }
  std::uint32_t UsesLeft() { return Await(store_->users().ListInvites(Soon()))->at(0).uses_left; }
};

TEST_F(RegisterTest, MakesAUserWithChannelsAndASession) {
  auto request = Registration("alice");
  request.display_name = "Alice";
  const auto alice = Register(std::move(request));
  ASSERT_TRUE(alice) << alice.error().message;
  EXPECT_EQ(alice->user.name, "alice");
  EXPECT_EQ(alice->user.display_name, "Alice");
  EXPECT_FALSE(alice->user.admin);
  EXPECT_EQ(channels_.ensured, std::vector{alice->user.id});
  EXPECT_TRUE(alice->tokens.access_token.Reveal().starts_with("yap_a_"));
  EXPECT_TRUE(alice->tokens.refresh_token.Reveal().starts_with("yap_r_"));
  EXPECT_EQ(alice->tokens.access_expire_time, clock_.Now() + 15min);
  EXPECT_EQ(alice->tokens.refresh_expire_time, clock_.Now() + 30 * 24h);
  const auto who = Authenticate(*alice);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user, alice->user.id);
  EXPECT_EQ(who->username, "alice");
  EXPECT_EQ(who->session, alice->session);
  EXPECT_TRUE(Record("alice").inbox);
  EXPECT_NE(Record("alice").password_hash, kPassword);
}

TEST_F(RegisterTest, BadFormIsRefusedInItsFieldBeforeAnythingIsSpent) {
  const auto refused = [&](auto change) {
    auto request = Registration("alice");
    change(request);
    const auto result = Register(std::move(request));
    return result ? "OK" : result.error().field + " " + result.error().reason;
  };
  EXPECT_EQ(refused([](auto& r) { r.username = "Al ice"; }), "username NAME_INVALID");
  EXPECT_EQ(refused([](auto& r) { r.username = "admin"; }), "username NAME_RESERVED");
  EXPECT_EQ(refused([](auto& r) { r.password = Secret("short"); }), "password PASSWORD_TOO_SHORT");
  EXPECT_EQ(refused([](auto& r) { r.password = Secret("it is alice again"); }),
            "password PASSWORD_COMMON");
  EXPECT_EQ(refused([](auto& r) { r.display_name = "a\nb"; }).substr(0, 17), "display_name TEXT");
  EXPECT_EQ(refused([](auto& r) { r.device_name = std::string(200, 'x'); }),
            "device_name TEXT_TOO_LONG");
  EXPECT_EQ(hasher_.hashes, 0);
  EXPECT_TRUE(Register("alice"));
}

TEST_F(RegisterTest, ConfiguredMinimumOfThePasswordHolds) {
  Open({.password_min = 21});
  EXPECT_REFUSED(Register("alice"), kInvalidArgument, "PASSWORD_TOO_SHORT");
}

TEST_F(RegisterTest, TakenNameIsRefusedBeforeAHashIsSpent) {
  ASSERT_TRUE(Register("alice"));
  const int hashes = hasher_.hashes;
  EXPECT_REFUSED(Register("alice"), kAlreadyExists, "NAME_TAKEN");
  EXPECT_EQ(hasher_.hashes, hashes);
}

TEST_F(RegisterTest, AskingWhichNamesAreTakenIsLimitedPerAddress) {
  ASSERT_TRUE(Register("alice"));
  for (std::size_t i = 0; i + 1 < kNameQuestionsPerHour; ++i) {
    EXPECT_REFUSED(Register("alice"), kAlreadyExists, "NAME_TAKEN");
  }
  const auto limited = Register("alice");
  EXPECT_REFUSED(limited, kResourceExhausted, "REGISTRATION_THROTTLED");
  EXPECT_EQ(limited.error().retry_after, 60s);
  clock_.Advance(60s);
  EXPECT_REFUSED(Register("alice"), kAlreadyExists, "NAME_TAKEN");
}

TEST_F(RegisterTest, FiveAnHourAndAddressButLoopbackIsExempt) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Register("user" + std::to_string(i)));
  const int hashes = hasher_.hashes;
  const auto sixth = Register("user5");
  EXPECT_REFUSED(sixth, kResourceExhausted, "REGISTRATION_THROTTLED");
  EXPECT_EQ(sixth.error().retry_after, 12min);
  EXPECT_EQ(hasher_.hashes, hashes);
  auto elsewhere = Registration("user6");
  elsewhere.peer.text = "192.0.2.99";
  EXPECT_TRUE(Register(std::move(elsewhere)));
  for (int i = 10; i < 90; ++i) {
    auto local = Registration("user" + std::to_string(i));
    local.peer = {.text = "127.0.0.1", .loopback = true};
    ASSERT_TRUE(Register(std::move(local)));
  }
  clock_.Advance(12min);
  EXPECT_TRUE(Register("user5"));
}

TEST_F(RegisterTest, LoopbackIsNotExemptWhereTheServerIsPublic) {
  Open({.exempt_loopback = false});
  const auto local = [&](int i) {
    auto request = Registration("user" + std::to_string(i));
    request.peer = {.text = "127.0.0.1", .loopback = true};
    return Register(std::move(request));
  };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(local(i));
  EXPECT_REFUSED(local(5), kResourceExhausted, "REGISTRATION_THROTTLED");
}

TEST_F(RegisterTest, BusyHasherCostsNoRegistration) {
  hasher_.busy = true;
  for (int i = 0; i < 20; ++i) {
    EXPECT_REFUSED(Register("alice"), kResourceExhausted, "HASHING_BUSY");
  }
  hasher_.busy = false;
  EXPECT_TRUE(Register("alice"));
}

TEST_F(RegisterTest, RepeatedRequestLogsInAgainButOnlyWithThePassword) {
  auto request = Registration("alice");
  request.request_id = KeyOf(1);
  const auto first = Register(request);
  ASSERT_TRUE(first);
  const auto again = Register(request);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->user.id, first->user.id);
  EXPECT_NE(again->session, first->session);
  auto wrong = request;
  wrong.password = Secret(std::string(kOtherPassword));
  EXPECT_REFUSED(Register(std::move(wrong)), kAlreadyExists, "NAME_TAKEN");
  auto other_key = request;
  other_key.request_id = KeyOf(2);
  EXPECT_REFUSED(Register(std::move(other_key)), kAlreadyExists, "NAME_TAKEN");
}

TEST_F(RegisterTest, GuessingByRepeatedRequestsIsThrottledAsLoginsAre) {
  auto request = Registration("alice");
  request.request_id = KeyOf(1);
  ASSERT_TRUE(Register(request));
  request.password = Secret(std::string(kOtherPassword));
  for (int i = 0; i < 6; ++i) EXPECT_REFUSED(Register(request), kAlreadyExists, "NAME_TAKEN");
  EXPECT_REFUSED(Register(request), kResourceExhausted, "LOGIN_THROTTLED");
  EXPECT_REFUSED(Login("alice"), kResourceExhausted, "LOGIN_THROTTLED");
}

TEST_F(RegisterTest, LostAnswerOfTheStoreIsHealedByARepeat) {
  auto request = Registration("alice");
  request.request_id = KeyOf(1);
  hasher_.meanwhile = [this] {
    faulty_->SetFaults({.fail_after = 1});
    return Nothing();
  };
  const auto unknown = Register(request);
  ASSERT_FALSE(unknown);
  faulty_->SetFaults({});
  EXPECT_EQ(Record("alice").name, "alice");
  EXPECT_EQ(ReasonOf(Register(request)), "OK");
}

TEST_F(RegisterTest, NameLostToAFasterOneIsTaken) {
  hasher_.meanwhile = [this] {
    return Only(accounts_->Register(Registration("alice", kOtherPassword), Soon()));
  };
  EXPECT_REFUSED(Register("alice"), kAlreadyExists, "NAME_TAKEN");
  EXPECT_TRUE(Login("alice", kOtherPassword));
}

TEST_F(RegisterTest, TwoAttemptsOfOneRequestAtOnceAreOneUser) {
  auto request = Registration("alice");
  request.request_id = KeyOf(1);
  hasher_.meanwhile = [&] { return Only(accounts_->Register(request, Soon())); };
  const auto slower = Register(request);
  ASSERT_TRUE(slower) << slower.error().message;
  EXPECT_EQ(channels_.ensured, std::vector(2, slower->user.id));
  EXPECT_EQ(Await(accounts_->ListSessions(Who(*slower), Soon()))->size(), 2U);
}

TEST_F(RegisterTest, LockedUserDoesNotComeInByRepeating) {
  auto request = Registration("alice");
  request.request_id = KeyOf(1);
  ASSERT_TRUE(Register(request));
  ASSERT_TRUE(Await(accounts_->AdminSetLocked("alice", true, Soon())));
  ASSERT_EQ(ended_.size(), 1U);
  EXPECT_REFUSED(Register(request), kPermissionDenied, "ACCOUNT_LOCKED");
  EXPECT_EQ(ended_.size(), 1U);  // No session was opened, to be ended again.
}

TEST_F(RegisterTest, ClosedServerTakesNobody) {
  Open({.registration = Registration::kClosed});
  EXPECT_REFUSED(Register("alice"), kPermissionDenied, "REGISTRATION_CLOSED");
  EXPECT_EQ(hasher_.hashes, 0);
}

TEST_F(RegisterTest, ByInvitationACodeIsNeededAndUsedUp) {
  Open({.registration = Registration::kInvite});
  const Secret code = Invite(2);
  EXPECT_REFUSED(Register("alice"), kPermissionDenied, "INVITE_REQUIRED");
  EXPECT_REFUSED(Register(Invited("alice", Secret("yap_i_nonsense"))), kPermissionDenied,
                 "INVITE_INVALID");
  EXPECT_REFUSED(Register(Invited("alice", Secret("yap_i_AAAAAAAAAAAAAAAAAAAAAA"))),
                 kPermissionDenied, "INVITE_INVALID");
  EXPECT_TRUE(Register(Invited("alice", code)));
  EXPECT_TRUE(Register(Invited("bob", code)));
  auto third = Invited("carol", code);
  third.peer.text = "192.0.2.77";
  EXPECT_REFUSED(Register(std::move(third)), kPermissionDenied, "INVITE_INVALID");
}

TEST_F(RegisterTest, ExpiredInvitationIsRefused) {
  Open({.registration = Registration::kInvite});
  const Secret code = Invite();
  clock_.Advance(24h);
  EXPECT_REFUSED(Register(Invited("alice", code)), kPermissionDenied, "INVITE_INVALID");
}

TEST_F(RegisterTest, FailedRegistrationBurnsNoInvitation) {
  Open({.registration = Registration::kInvite});
  const Secret code = Invite();
  EXPECT_REFUSED(Register(Invited("Alice", code)), kInvalidArgument, "NAME_INVALID");
  hasher_.busy = true;
  EXPECT_REFUSED(Register(Invited("alice", code)), kResourceExhausted, "HASHING_BUSY");
  hasher_.busy = false;
  EXPECT_EQ(UsesLeft(), 1U);
  // Somebody gets the name between the question and the writing.
  hasher_.meanwhile = [this] {
    return Only(accounts_->AdminCreateUser("alice", Secret(), false, Soon()));
  };
  EXPECT_REFUSED(Register(Invited("alice", code)), kAlreadyExists, "NAME_TAKEN");
  EXPECT_EQ(UsesLeft(), 1U);
  EXPECT_TRUE(Register(Invited("bob", code)));
  EXPECT_EQ(UsesLeft(), 0U);
}

TEST_F(RegisterTest, UserWhoseAnswerComesWithTheDeadlineBurnsNoInvitation) {
  Open({.registration = Registration::kInvite});
  const Secret code = Invite();
  users_.answer_late = true;
  EXPECT_REFUSED(Register(Invited("alice", code)), kDeadlineExceeded, "DEADLINE");
  users_.answer_late = false;
  EXPECT_EQ(UsesLeft(), 1U);
}

// Giving it back could give what was never taken: a code that is used up would be good again.
TEST_F(RegisterTest, UseOfUnknownOutcomeIsNotGivenBack) {
  Open({.registration = Registration::kInvite});
  const Secret code = Invite();
  ASSERT_TRUE(Register(Invited("alice", code)));
  users_.lose_invite_answers = true;
  EXPECT_REFUSED(Register(Invited("bob", code)), kUnavailable, "STORE_UNAVAILABLE");
  EXPECT_EQ(UsesLeft(), 0U);
}

TEST_F(RegisterTest, FullLobbyKeepsNobodyOut) {
  channels_.ensure_error = MakeError(Errc::kResourceExhausted, reason::kChannelFull, "full");
  EXPECT_TRUE(Register("alice"));
}

TEST_F(RegisterTest, UnknownStateOfTheChannelsIsTold) {
  channels_.ensure_error = MakeError(Errc::kUnavailable, reason::kStoreUnavailable, "down");
  EXPECT_REFUSED(Register("alice"), kUnavailable, "STORE_UNAVAILABLE");
  channels_.ensure_error.reset();
  const auto repaired = Login("alice");
  ASSERT_TRUE(repaired);
  EXPECT_EQ(channels_.ensured, std::vector{repaired->user.id});
}

}  // namespace
}  // namespace yap::core
