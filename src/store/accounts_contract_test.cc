// What every store's users, invitations and sessions must do.
#include <algorithm>
#include <set>

#include "core/limits.h"
#include "store/contract.h"

namespace yap::store {
namespace {

using namespace core;  // NOLINT: the ports under test.

UserRecord NewUser(std::uint64_t id, std::string name) {
  UserRecord user;
  user.id = UserId(id);
  user.name = std::move(name);
  user.display_name = "Ada Lovelace";
  user.password_hash = "$argon2id$…";
  user.inbox = ChannelId(id + 1000);
  user.create_time = TimeAt(1'800'000'000);
  user.request_id = KeyOf(id);
  return user;
}

SessionRecord NewSession(std::uint64_t id, std::uint64_t user, std::int64_t created = 100) {
  SessionRecord session;
  session.id = SessionId(id);
  session.user = UserId(user);
  session.device_name = "laptop";
  session.address = "127.0.0.1";
  session.create_time = TimeAt(created);
  session.last_used_time = TimeAt(created);
  return session;
}

class AccountsContractTest : public StoreContractTest {
 protected:
  std::vector<SessionId> Open(const SessionRecord& session, std::size_t per_user_max = 10) {
    const auto ended = Run(sessions().CreateSession(session, per_user_max, Soon()));
    EXPECT_TRUE(ended) << ended.error().message;
    return ended.value_or(std::vector<SessionId>());
  }
  Result<> Put(std::uint64_t token, std::uint64_t session, std::int64_t expires = 1000) {
    const AccessRecord access{DigestOf(token), SessionId(session), UserId(1), TimeAt(expires)};
    return Run(sessions().PutAccess(access, Soon()));
  }
  bool HasAccess(std::uint64_t token) {
    return Run(sessions().FindAccess(DigestOf(token), Soon())).has_value();
  }
  bool HasSession(std::uint64_t id) {
    return Run(sessions().GetSession(SessionId(id), Soon())).has_value();
  }
};

// --- Users ---

TEST_P(AccountsContractTest, UserIsFoundByIdAndNameAsItWasMade) {
  UserRecord ada = NewUser(1, "ada");
  ada.admin = true;
  ASSERT_TRUE(Run(users().CreateUser(ada, Soon())));
  Reopen();
  for (const auto& found :
       {Run(users().GetUser(UserId(1), Soon())), Run(users().FindUser("ada", Soon()))}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, ada.id);
    EXPECT_EQ(found->name, ada.name);
    EXPECT_EQ(found->display_name, ada.display_name);
    EXPECT_EQ(found->password_hash, ada.password_hash);
    EXPECT_EQ(found->inbox, ada.inbox);
    EXPECT_EQ(found->create_time, ada.create_time);
    EXPECT_EQ(found->request_id, ada.request_id);
    EXPECT_TRUE(found->admin);
    EXPECT_FALSE(found->locked);
    EXPECT_EQ(found->version, 1U);
  }
}

TEST_P(AccountsContractTest, UnknownUserIsNotFound) {
  EXPECT_EQ(Run(users().GetUser(UserId(1), Soon())).error().reason, "USER_NOT_FOUND");
  EXPECT_EQ(Run(users().FindUser("ada", Soon())).error().code, Errc::kNotFound);
  EXPECT_EQ(Run(users().UpdateUser(NewUser(1, "ada"), Soon())).error().code, Errc::kNotFound);
}

TEST_P(AccountsContractTest, NameIsTakenOnce) {
  ASSERT_TRUE(Run(users().CreateUser(NewUser(1, "ada"), Soon())));
  const auto second = Run(users().CreateUser(NewUser(2, "ada"), Soon()));
  EXPECT_EQ(second.error().reason, "NAME_TAKEN");
  EXPECT_FALSE(Run(users().GetUser(UserId(2), Soon())));
  EXPECT_EQ(Run(users().CreateUser(NewUser(1, "eve"), Soon())).error().code, Errc::kAlreadyExists);
  EXPECT_FALSE(Run(users().FindUser("eve", Soon())));
}

TEST_P(AccountsContractTest, NameRaceHasOneWinner) {
  Runner& threads = Threads();
  std::vector<std::future<Result<>>> tries;
  for (std::size_t t = 0; t < kThreads; ++t) {
    tries.push_back(threads.Start(users().CreateUser(NewUser(t + 1, "ada"), Soon()), t));
  }
  EXPECT_EQ(std::ranges::count_if(tries, [](auto& f) { return f.get().has_value(); }), 1);
}

TEST_P(AccountsContractTest, UpdateComparesTheVersionAndKeepsWhatStays) {
  ASSERT_TRUE(Run(users().CreateUser(NewUser(1, "ada"), Soon())));
  UserRecord change = NewUser(1, "not ada");
  change.display_name = "Countess";
  change.password_hash = "new hash";
  change.inbox = ChannelId(5);
  change.create_time = TimeAt(5);
  change.admin = change.locked = true;
  ASSERT_TRUE(Run(users().UpdateUser(change, Soon())));
  const auto after = Run(users().GetUser(UserId(1), Soon()));
  EXPECT_EQ(after->display_name, "Countess");
  EXPECT_EQ(after->password_hash, "new hash");
  EXPECT_TRUE(after->admin && after->locked);
  EXPECT_EQ(after->version, 2U);
  EXPECT_EQ(after->name, "ada");
  EXPECT_EQ(after->inbox, ChannelId(1001));
  EXPECT_EQ(after->create_time, TimeAt(1'800'000'000));

  const auto stale = Run(users().UpdateUser(change, Soon()));
  EXPECT_EQ(stale.error().code, Errc::kConflict);
  EXPECT_EQ(stale.error().reason, "VERSION_MOVED");
  EXPECT_EQ(Run(users().GetUser(UserId(1), Soon()))->version, 2U);
}

TEST_P(AccountsContractTest, ListUsersPagesByName) {
  std::uint64_t id = 1;
  for (const std::string name : {"eve", "ada", "grace", "bob"}) {
    ASSERT_TRUE(Run(users().CreateUser(NewUser(id++, name), Soon())));
  }
  const auto list = [&](const std::string& after, std::size_t limit) {
    std::vector<std::string> names;
    const auto found = Run(users().ListUsers(after, limit, Soon()));
    for (const UserRecord& user : *found) names.push_back(user.name);
    return names;
  };
  EXPECT_EQ(list("", 3), (std::vector<std::string>{"ada", "bob", "eve"}));
  EXPECT_EQ(list("eve", 3), (std::vector<std::string>{"grace"}));
}

// --- Invitations ---

TEST_P(AccountsContractTest, InvitationIsGoodForItsUsesUntilItExpires) {
  const InviteRecord invite{DigestOf(1), UserId(0), TimeAt(10), TimeAt(100), 2};
  ASSERT_TRUE(Run(users().CreateInvite(invite, Soon())));
  const auto use = [&](std::uint64_t code, std::int64_t now) {
    return Run(users().UseInvite(DigestOf(code), TimeAt(now), Soon()));
  };
  EXPECT_EQ(use(2, 20).error().reason, "INVITE_INVALID");
  EXPECT_EQ(use(1, 100).error().reason, "INVITE_INVALID");  // Expired then.
  EXPECT_TRUE(use(1, 99));
  const auto list = Run(users().ListInvites(Soon()));
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->at(0).code_hash, DigestOf(1));
  EXPECT_EQ(list->at(0).uses_left, 1U);
  EXPECT_EQ(list->at(0).expire_time, TimeAt(100));
  EXPECT_TRUE(use(1, 20));
  EXPECT_EQ(use(1, 20).error().code, Errc::kNotFound);
}

TEST_P(AccountsContractTest, ReturnedUseIsGoodAgain) {
  const InviteRecord invite{DigestOf(1), UserId(0), TimeAt(10), TimeAt(100), 1};
  ASSERT_TRUE(Run(users().CreateInvite(invite, Soon())));
  const auto use = [&] { return Run(users().UseInvite(DigestOf(1), TimeAt(20), Soon())); };
  ASSERT_TRUE(use());
  EXPECT_FALSE(use());
  EXPECT_TRUE(Run(users().ReturnInvite(DigestOf(1), Soon())));
  EXPECT_TRUE(use());
  EXPECT_FALSE(use());
  EXPECT_TRUE(Run(users().ReturnInvite(DigestOf(404), Soon())));
}

TEST_P(AccountsContractTest, WithdrawnInvitationIsGone) {
  const auto create = [&](std::uint64_t code) {
    const InviteRecord invite{DigestOf(code), UserId(0), TimeAt(10), TimeAt(100), 1};
    return Run(users().CreateInvite(invite, Soon()));
  };
  const auto use = [&](std::uint64_t code) {
    return Run(users().UseInvite(DigestOf(code), TimeAt(20), Soon()));
  };
  const auto withdraw = [&](std::uint64_t code) {
    return Run(users().WithdrawInvite(DigestOf(code), Soon()));
  };
  ASSERT_TRUE(create(1) && create(2) && create(3));
  EXPECT_TRUE(withdraw(1));
  EXPECT_EQ(use(1).error().reason, "INVITE_INVALID");
  EXPECT_TRUE(Run(users().ReturnInvite(DigestOf(1), Soon())));  // Does not bring it back.
  EXPECT_EQ(withdraw(1).error().reason, "INVITE_INVALID");
  ASSERT_TRUE(use(2));
  EXPECT_EQ(withdraw(2).error().code, Errc::kNotFound);  // Used up.
  EXPECT_TRUE(use(3));
  EXPECT_EQ(Run(users().ListInvites(Soon()))->size(), 2U);
}

TEST_P(AccountsContractTest, LastUseOfAnInvitationGoesToOne) {
  const InviteRecord invite{DigestOf(1), UserId(3), TimeAt(10), TimeAt(100), 1};
  ASSERT_TRUE(Run(users().CreateInvite(invite, Soon())));
  Runner& threads = Threads();
  std::vector<std::future<Result<>>> tries;
  for (std::size_t t = 0; t < kThreads; ++t) {
    tries.push_back(threads.Start(users().UseInvite(DigestOf(1), TimeAt(20), Soon()), t));
  }
  EXPECT_EQ(std::ranges::count_if(tries, [](auto& f) { return f.get().has_value(); }), 1);
}

// --- Sessions ---

TEST_P(AccountsContractTest, SessionIsFoundAsItWasMade) {
  SessionRecord session = NewSession(1, 7);
  session.counter = 3;
  Open(session);
  Reopen();
  const auto found = Run(sessions().GetSession(SessionId(1), Soon()));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, UserId(7));
  EXPECT_EQ(found->device_name, "laptop");
  EXPECT_EQ(found->address, "127.0.0.1");
  EXPECT_EQ(found->create_time, TimeAt(100));
  EXPECT_EQ(found->last_used_time, TimeAt(100));
  EXPECT_EQ(found->counter, 3U);
  EXPECT_EQ(Run(sessions().GetSession(SessionId(2), Soon())).error().code, Errc::kNotFound);
}

TEST_P(AccountsContractTest, OldestSessionsOfTheUserMakeRoom) {
  Open(NewSession(1, 7, 300));
  Open(NewSession(2, 7, 100));
  Open(NewSession(3, 7, 200));
  Open(NewSession(4, 8, 50));  // Somebody else's.
  ASSERT_TRUE(Put(11, 2));
  EXPECT_EQ(Open(NewSession(5, 7, 400), 3), std::vector{SessionId(2)});
  EXPECT_FALSE(HasSession(2));
  EXPECT_FALSE(HasAccess(11));
  EXPECT_TRUE(HasSession(4));
  const auto list = Run(sessions().ListSessions(UserId(7), Soon()));
  EXPECT_EQ(list->size(), 3U);
}

TEST_P(AccountsContractTest, NewSessionStaysThoughTheClockWentBack) {
  Open(NewSession(1, 7, 300));
  Open(NewSession(2, 7, 400));
  EXPECT_EQ(Open(NewSession(3, 7, 5), 1), (std::vector{SessionId(1), SessionId(2)}));
  EXPECT_TRUE(HasSession(3));
}

TEST_P(AccountsContractTest, AdvanceComparesTheCounter) {
  Open(NewSession(1, 7));
  ASSERT_TRUE(Run(sessions().AdvanceSession(SessionId(1), 1, TimeAt(150), "::1", Soon())));
  const auto after = Run(sessions().GetSession(SessionId(1), Soon()));
  EXPECT_EQ(after->counter, 2U);
  EXPECT_EQ(after->last_used_time, TimeAt(150));
  EXPECT_EQ(after->address, "::1");
  EXPECT_EQ(after->create_time, TimeAt(100));
  const auto stale = Run(sessions().AdvanceSession(SessionId(1), 1, TimeAt(160), "x", Soon()));
  EXPECT_EQ(stale.error().reason, "COUNTER_MOVED");
  EXPECT_EQ(Run(sessions().GetSession(SessionId(1), Soon()))->address, "::1");
  EXPECT_EQ(Run(sessions().AdvanceSession(SessionId(2), 1, TimeAt(160), "x", Soon())).error().code,
            Errc::kNotFound);
}

TEST_P(AccountsContractTest, RefreshRaceHasOneWinner) {
  Open(NewSession(1, 7));
  Runner& threads = Threads();
  std::vector<std::future<Result<>>> tries;
  for (std::size_t t = 0; t < kThreads; ++t) {
    tries.push_back(
        threads.Start(sessions().AdvanceSession(SessionId(1), 1, TimeAt(150), "a", Soon()), t));
  }
  EXPECT_EQ(std::ranges::count_if(tries, [](auto& f) { return f.get().has_value(); }), 1);
  EXPECT_EQ(Run(sessions().GetSession(SessionId(1), Soon()))->counter, 2U);
}

TEST_P(AccountsContractTest, DeletedSessionsTakeTheirAccessTokensAlong) {
  Open(NewSession(1, 7));
  Open(NewSession(2, 7));
  ASSERT_TRUE(Put(11, 1) && Put(12, 1) && Put(21, 2));
  const auto found = Run(sessions().FindAccess(DigestOf(12), Soon()));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session, SessionId(1));
  EXPECT_EQ(found->user, UserId(1));
  EXPECT_EQ(found->expire_time, TimeAt(1000));
  ASSERT_TRUE(Run(sessions().DeleteSessions({SessionId(1), SessionId(404)}, Soon())));
  EXPECT_FALSE(HasSession(1));
  EXPECT_FALSE(HasAccess(11) || HasAccess(12));
  EXPECT_TRUE(HasSession(2) && HasAccess(21));
}

TEST_P(AccountsContractTest, AccessOfAGoneSessionIsNeverFound) {
  EXPECT_FALSE(HasAccess(1));
  ASSERT_TRUE(Put(1, 404));
  EXPECT_FALSE(HasAccess(1));
}

TEST_P(AccountsContractTest, TokensThatExpireLastAreKeptHoweverManyAreMinted) {
  Open(NewSession(1, 7));
  Open(NewSession(2, 7));
  ASSERT_TRUE(Put(200, 2, 100));
  for (std::uint64_t i = 1; i <= 100; ++i) ASSERT_TRUE(Put(i, 1, 1000 + i));
  for (std::uint64_t i = 101 - kAccessTokensPerSessionMax; i <= 100; ++i) EXPECT_TRUE(HasAccess(i));
  EXPECT_TRUE(HasAccess(200)) << "of another session";
  ASSERT_TRUE(Put(101, 1, 50));
  EXPECT_TRUE(HasAccess(101)) << "the clock went back";
}

TEST_P(AccountsContractTest, SweepEndsIdleAndOldSessionsAndExpiredTokens) {
  SessionRecord idle = NewSession(1, 7, 500);
  idle.last_used_time = TimeAt(550);
  SessionRecord old = NewSession(2, 7, 100);
  old.last_used_time = TimeAt(900);
  SessionRecord fresh = NewSession(3, 7, 500);
  fresh.last_used_time = TimeAt(900);
  for (const auto& session : {idle, old, fresh}) Open(session);
  ASSERT_TRUE(Put(31, 3, 899) && Put(32, 3, 1500) && Put(11, 1, 1500));
  auto ended = Run(sessions().Sweep(TimeAt(900), TimeAt(600), TimeAt(200), Soon()));
  ASSERT_TRUE(ended);
  std::ranges::sort(*ended);
  EXPECT_EQ(*ended, (std::vector{SessionId(1), SessionId(2)}));
  EXPECT_FALSE(HasSession(1) || HasSession(2));
  EXPECT_TRUE(HasSession(3));
  EXPECT_FALSE(HasAccess(11));
  EXPECT_TRUE(HasAccess(32));
  EXPECT_TRUE(Run(sessions().Sweep(TimeAt(900), TimeAt(600), TimeAt(200), Soon()))->empty());
}

TEST_P(AccountsContractTest, SweepIsBoundedAndGetsThereByRepeating) {
  constexpr std::uint64_t kSessions = kSweepRowsMax + 50;
  Runner& threads = Threads();
  std::vector<std::future<Result<std::vector<SessionId>>>> made;
  for (std::uint64_t id = 1; id <= kSessions; ++id) {
    made.push_back(threads.Start(sessions().CreateSession(NewSession(id, id), 10, Soon())));
  }
  for (auto& one : made) ASSERT_TRUE(one.get());
  std::size_t ended = 0;
  for (int round = 0; round < 2; ++round) {
    const auto some = Run(sessions().Sweep(TimeAt(900), TimeAt(600), TimeAt(0), Soon()));
    EXPECT_LE(some->size(), kSweepRowsMax);
    ended += some->size();
  }
  EXPECT_EQ(ended, kSessions);
}

INSTANTIATE_TEST_SUITE_P(Adapters, AccountsContractTest, ::testing::ValuesIn(StoreAdapters()),
                         StoreAdapterName);

}  // namespace
}  // namespace yap::store
