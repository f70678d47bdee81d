// core/accounts_testing.h: for tests: accounts on a store in memory, under a clock that stands
// still, with a hasher that counts and channels that only remember.
#pragma once

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/sim_clock.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "core/reasons.h"
#include "crypto/fake_password_hasher.h"
#include "store/memory/faulty_store.h"
#include "store/memory/memory_store.h"

namespace yap::core {

// Counts what costs time, and can be busy or interrupted.
class CountingHasher final : public PasswordHasher {
 public:
  Task<std::string> Hash(Secret password, Deadline deadline) override {
    ++hashes;
    if (busy) co_return Busy();
    YAP_CO_TRY_VOID(co_await Interrupt());
    co_return co_await inner->Hash(std::move(password), deadline);
  }
  Task<PasswordCheck> Verify(std::string encoded, Secret password, Deadline deadline) override {
    ++checks;
    if (busy) co_return Busy();
    auto check = co_await inner->Verify(std::move(encoded), std::move(password), deadline);
    YAP_CO_TRY_VOID(co_await Interrupt());
    co_return check;
  }
  Task<PasswordCheck> VerifyDummy(Secret password, Deadline deadline) override {
    ++checks;
    if (busy) co_return Busy();
    co_return co_await inner->VerifyDummy(std::move(password), deadline);
  }

  std::unique_ptr<FakePasswordHasher> inner = std::make_unique<FakePasswordHasher>();
  int hashes = 0;
  int checks = 0;
  bool busy = false;
  // Happens once, after a password was verified or before one is hashed. No coroutine itself.
  std::function<Task<void>()> meanwhile;

 private:
  Task<void> Interrupt() {
    if (!meanwhile) co_return Result<>{};
    auto interruption = std::exchange(meanwhile, nullptr);
    co_return co_await interruption();
  }
  static std::unexpected<Error> Busy() {
    return Fail(MakeError(Errc::kResourceExhausted, kHashingBusy, "busy")
                    .RetryAfter(std::chrono::seconds(1)));
  }
};

// Remembers what accounts ask of channels, from any thread; everything else is not for them.
class FakeChannels final : public Channels {
 public:
  struct Notice {
    UserId user;
    Body body;
    ClientKey key{};
  };
  std::vector<UserId> ensured;
  std::vector<Notice> notices;
  std::optional<Error> ensure_error;
  std::optional<Error> inbox_error;
  std::vector<SessionId> recorded;
  std::optional<Error> record_error;
  std::function<asio::awaitable<void>()> before_recording;

  Task<void> EnsureUserChannels(UserRecord user, Deadline) override {
    if (ensure_error) co_return Fail(*ensure_error);
    std::lock_guard lock(mutex_);
    ensured.push_back(user.id);
    co_return Result<>{};
  }
  Task<void> AppendToInbox(UserRecord user, Body body, ClientKey key, Deadline) override {
    if (inbox_error) co_return Fail(*inbox_error);
    std::lock_guard lock(mutex_);
    notices.push_back({user.id, std::move(body), key});
    co_return Result<>{};
  }

  Task<void> RecordRevocations(std::vector<SessionId> sessions, Deadline) override {
    if (before_recording) co_await before_recording();
    if (record_error) co_return Fail(*record_error);
    std::lock_guard lock(mutex_);
    recorded.insert(recorded.end(), sessions.begin(), sessions.end());
    co_return Result<>{};
  }

  using Ref = ChannelRef;
  using Key = ClientKey;
  Task<ChannelRecord> Create(Principal, CreateChannelRequest, Deadline) override { return No(); }
  Task<JoinedView> OpenDirect(Principal, UserRef, Key, Deadline) override { return No(); }
  Task<ChannelRecord> Get(Principal, Ref, Deadline) override { return No(); }
  Task<JoinedView> GetJoined(Principal, Ref, Deadline) override { return No(); }
  Task<MemberRecord> GetMember(Principal, Ref, UserRef, Deadline) override { return No(); }
  Task<Page<ChannelRecord>> ListPublic(std::string, PageRequest, Deadline) override { return No(); }
  Task<Page<JoinedView>> ListJoined(Principal, PageRequest, Deadline) override { return No(); }
  Task<Page<MemberRecord>> ListMembers(Principal, Ref, PageRequest, Deadline) override {
    return No();
  }
  Task<Written> Join(Principal, Ref, Key, Deadline) override { return No(); }
  Task<Written> Leave(Principal, Ref, Key, Deadline) override { return No(); }
  Task<Written> Invite(Principal, Ref, UserRef, Key, Deadline) override { return No(); }
  Task<Written> Remove(Principal, Ref, UserRef, bool, Key, Deadline) override { return No(); }
  Task<Written> SetRole(Principal, Ref, UserRef, Role, Key, Deadline) override { return No(); }
  Task<Written> Update(Principal, Ref, std::optional<std::string>, std::optional<ChannelKind>, Key,
                       Deadline) override {
    return No();
  }
  Task<Written> Send(Principal, SendRequest, Deadline) override { return No(); }
  Task<EventPage> List(Principal, ListRequest, Deadline) override { return No(); }
  Task<ReadPosition> MarkRead(Principal, Ref, Seq, Deadline) override { return No(); }
  Task<ReadGrant> AuthorizeRead(Principal, Ref, Deadline) override { return No(); }
  Task<ReadGrant> AuthorizeInbox(Principal, Deadline) override { return No(); }
  Task<ChannelRecord> AdminGet(std::string, Deadline) override { return No(); }
  Task<Written> AdminRemove(std::string, std::string, bool, Deadline) override { return No(); }
  Task<Written> AdminSetRole(std::string, std::string, Role, Deadline) override { return No(); }
  Task<void> Recover(Deadline) override { return No(); }
  asio::awaitable<void> Drain() override { co_return; }

 private:
  struct Refusal {
    template <class T>
    operator asio::awaitable<Result<T>>() const {
      return Refuse<T>();
    }
    template <class T>
    static Task<T> Refuse() {
      co_return Fail(Errc::kUnimplemented, "UNUSED", "not for accounts");
    }
  };
  static Refusal No() { return {}; }

  std::mutex mutex_;
};

inline Error StoreFull() { return MakeError(Errc::kResourceExhausted, reason::kStoreFull, "full"); }

// What a store refuses whose caller's time is over.
inline Result<> RefuseLate(const Clock& clock, Deadline deadline) {
  if (!deadline.Expired(clock)) return {};
  return Fail(Errc::kDeadlineExceeded, reason::kDeadline, "too late");
}

// Can lose the answers to UpdateUser, UseInvite, or have those to writes come with the deadline.
class UnsureUsers final : public UserStore {
 public:
  UnsureUsers(UserStore& in, SimClock& clock) : in_(in), clock_(clock) {}
  bool lose_update_answers = false;
  bool lose_invite_answers = false;
  bool answer_late = false;

  Task<void> UpdateUser(UserRecord user, Deadline d) override {
    auto written = co_await in_.UpdateUser(std::move(user), d);
    YAP_CO_TRY_VOID(Dawdle(d));
    if (!lose_update_answers) co_return written;
    co_return Fail(Lost());
  }
  Task<void> CreateUser(UserRecord user, Deadline d) override {
    auto written = co_await in_.CreateUser(std::move(user), d);
    YAP_CO_TRY_VOID(Dawdle(d));
    co_return written;
  }
  Task<UserRecord> GetUser(UserId id, Deadline d) override { return in_.GetUser(id, d); }
  Task<UserRecord> FindUser(std::string name, Deadline d) override {
    return in_.FindUser(std::move(name), d);
  }
  Task<std::vector<UserRecord>> ListUsers(std::string after, std::size_t limit,
                                          Deadline d) override {
    return in_.ListUsers(std::move(after), limit, d);
  }
  Task<void> CreateInvite(InviteRecord invite, Deadline d) override {
    return in_.CreateInvite(invite, d);
  }
  Task<void> UseInvite(Digest code, WallTime now, Deadline d) override {
    auto used = co_await in_.UseInvite(code, now, d);
    if (lose_invite_answers) co_return Fail(Lost());
    co_return used;
  }
  Task<void> ReturnInvite(Digest code, Deadline d) override {
    YAP_CO_TRY_VOID(RefuseLate(clock_, d));
    co_return co_await in_.ReturnInvite(code, d);
  }
  Task<void> WithdrawInvite(Digest code, Deadline d) override {
    return in_.WithdrawInvite(code, d);
  }
  Task<std::vector<InviteRecord>> ListInvites(Deadline d) override { return in_.ListInvites(d); }

 private:
  static Error Lost() {
    return MakeError(Errc::kUnavailable, reason::kStoreUnavailable, "the answer got lost");
  }
  Result<> Dawdle(Deadline deadline) {
    if (answer_late) clock_.Advance(deadline.at - clock_.Mono());
    return RefuseLate(clock_, deadline);
  }

  UserStore& in_;
  SimClock& clock_;
};

// Refuses calls that come after their deadline, and can be full.
class PunctualSessions final : public SessionStore {
 public:
  PunctualSessions(SessionStore& in, const Clock& clock) : in_(in), clock_(clock) {}
  bool full_for_access = false;

  Task<std::vector<SessionId>> CreateSession(SessionRecord session, std::size_t per_user_max,
                                             Deadline d) override {
    YAP_CO_TRY_VOID(RefuseLate(clock_, d));
    co_return co_await in_.CreateSession(std::move(session), per_user_max, d);
  }
  Task<SessionRecord> GetSession(SessionId id, Deadline d) override {
    return in_.GetSession(id, d);
  }
  Task<void> AdvanceSession(SessionId id, std::uint64_t expected, WallTime used,
                            std::string address, Deadline d) override {
    return in_.AdvanceSession(id, expected, used, std::move(address), d);
  }
  Task<std::vector<SessionRecord>> ListSessions(UserId user, Deadline d) override {
    YAP_CO_TRY_VOID(RefuseLate(clock_, d));
    co_return co_await in_.ListSessions(user, d);
  }
  Task<void> DeleteSessions(std::vector<SessionId> ids, Deadline d) override {
    YAP_CO_TRY_VOID(RefuseLate(clock_, d));
    co_return co_await in_.DeleteSessions(std::move(ids), d);
  }
  Task<void> PutAccess(AccessRecord access, Deadline d) override {
    if (full_for_access) co_return Fail(StoreFull());
    co_return co_await in_.PutAccess(access, d);
  }
  Task<AccessRecord> FindAccess(Digest token_hash, Deadline d) override {
    return in_.FindAccess(token_hash, d);
  }
  Task<std::vector<SessionId>> Sweep(WallTime now, WallTime idle_since, WallTime created_before,
                                     Deadline d) override {
    return in_.Sweep(now, idle_since, created_before, d);
  }

 private:
  SessionStore& in_;
  const Clock& clock_;
};

// One server's accounts, and what a test does with them.
class AccountsWorld {
 protected:
  static constexpr const char* kPassword = "four unrelated words";
  static constexpr const char* kOtherPassword = "words of another kind";

  AccountsWorld() {
    log::SetLevel(log::Level::kError);  // What is warned of here is wanted.
    Open({});
  }

  // New accounts on the same store, as after a restart.
  void Open(AccountOptions options) {
    accounts_ = NewAccounts({.users = users_,
                             .sessions = sessions_,
                             .hasher = hasher_,
                             .channels = channels_,
                             .clock = clock_,
                             .random = random_,
                             .token_key = Secret(std::string(32, 'k'))},
                            options);
    accounts_->OnSessionsEnded([this](const std::vector<SessionId>& ended) {
      ended_.insert(ended_.end(), ended.begin(), ended.end());
    });
  }

  template <class T>
  Result<T> Await(Task<T> task) {
    std::optional<Result<T>> result;
    SpawnThen(io_.get_executor(), std::move(task), [&](Result<T> r) { result = std::move(r); });
    clock_.RunFor(io_, std::chrono::minutes(1), [&] { return result.has_value(); });
    if (!result) return Fail(Errc::kInternal, "NEVER", "the call did not end");
    return std::move(*result);
  }
  // For CountingHasher::meanwhile.
  static Task<void> Nothing() { co_return Result<>{}; }
  template <class T>
  static Task<void> Only(Task<T> task) {
    const auto result = co_await std::move(task);
    if (!result) co_return Fail(result.error());
    co_return Result<>{};
  }
  Deadline Soon() { return Deadline::After(clock_, std::chrono::seconds(10)); }

  static RegisterRequest Registration(std::string name, std::string password = kPassword) {
    RegisterRequest request;
    request.username = std::move(name);
    request.password = Secret(std::move(password));
    request.device_name = "laptop";
    request.peer = {.text = "192.0.2.1"};
    return request;
  }
  static LoginRequest LoginOf(std::string name, std::string password = kPassword) {
    LoginRequest request;
    request.username = std::move(name);
    request.password = Secret(std::move(password));
    request.device_name = "phone";
    request.peer = {.text = "192.0.2.2"};
    return request;
  }
  Result<SignedIn> Register(RegisterRequest request) {
    return Await(accounts_->Register(std::move(request), Soon()));
  }
  Result<SignedIn> Register(std::string name) { return Register(Registration(std::move(name))); }
  Result<SignedIn> Login(LoginRequest request) {
    return Await(accounts_->Login(std::move(request), Soon()));
  }
  // From an address of its own, so that only the name's count matters.
  Result<SignedIn> Login(std::string name, std::string password = kPassword) {
    auto request = LoginOf(std::move(name), std::move(password));
    request.peer.text = "198.51.100." + std::to_string(++addresses_ % 250);
    return Login(std::move(request));
  }
  Result<SignedIn> Refresh(const Secret& token) {
    return Await(accounts_->Refresh(token, {.text = "192.0.2.3"}, Soon()));
  }
  Result<Principal> Authenticate(const SignedIn& session) {
    return Await(accounts_->Authenticate(session.tokens.access_token, Soon()));
  }
  Principal Who(const SignedIn& session) {
    return {.user = session.user.id,
            .username = session.user.name,
            .session = session.session,
            .admin = session.user.admin};
  }
  UserRecord Record(const std::string& name) {
    return Await(store_->users().FindUser(name, Soon())).value_or(UserRecord{});
  }
  std::vector<SessionId> RevocationsTold() const {
    std::vector<SessionId> out;
    for (const auto& notice : channels_.notices) {
      out.push_back(std::get<SessionRevoked>(notice.body).session);
    }
    return out;
  }

  asio::io_context io_;
  SimClock clock_;
  SeededRandom random_{7};
  std::unique_ptr<store::Store> store_ = store::OpenMemoryStore();
  std::unique_ptr<store::FaultyStore> faulty_ = store::NewFaultyStore(*store_, clock_, 7);
  UnsureUsers users_{faulty_->users(), clock_};
  PunctualSessions sessions_{faulty_->sessions(), clock_};
  CountingHasher hasher_;
  FakeChannels channels_;
  std::vector<SessionId> ended_;
  int addresses_ = 0;
  std::unique_ptr<Accounts> accounts_;
};

class AccountsFixture : public testing::Test, protected AccountsWorld {};

// "OK", or the reason it failed for.
template <class T>
std::string ReasonOf(const Result<T>& result) {
  return result ? "OK" : result.error().reason;
}

// Checks code and reason at once.
#define EXPECT_REFUSED(result, expected_code, expected_reason)                  \
  do {                                                                          \
    const auto& yap_refused = (result);                                         \
    EXPECT_EQ(ReasonOf(yap_refused), expected_reason);                          \
    if (!yap_refused) EXPECT_EQ(yap_refused.error().code, Errc::expected_code); \
  } while (false)

}  // namespace yap::core
