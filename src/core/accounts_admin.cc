// What the operator does (`yapd admin`).
#include <algorithm>
#include <utility>

#include "core/account_errors.h"
#include "core/accounts_impl.h"
#include "core/limits.h"
#include "core/password_rules.h"
#include "core/reasons.h"
#include "core/tokens.h"
#include "unicode/names.h"

namespace yap::core {
namespace {

Result<> CheckInvite(std::uint32_t uses, Duration life) {
  if (uses == 0) {
    return Fail(MakeError(Errc::kInvalidArgument, reason::kFieldInvalid,
                          "an invitation that nobody can use is none: give at least one use")
                    .InField("uses")
                    .With("value", "0"));
  }
  if (life <= Duration::zero()) {
    return Fail(MakeError(Errc::kInvalidArgument, reason::kFieldInvalid,
                          "the invitation would be over before it begins: give a longer life")
                    .InField("life"));
  }
  return {};
}

Result<> AnyRecord(UserRecord& /*user*/) { return {}; }

}  // namespace

Task<UserView> AccountsImpl::AdminCreateUser(std::string name, Secret password, bool admin,
                                             Deadline deadline) {
  YAP_CO_TRY_VOID(unicode::CheckUserName(name));
  UserRecord user = NewUser(std::move(name));
  user.admin = admin;
  if (!password.empty()) {
    YAP_CO_TRY_VOID(CheckPassword(password.Reveal(), user.name, options_.password_min, "password"));
    YAP_CO_TRY(user.password_hash, co_await ports_.hasher.Hash(std::move(password), deadline));
  }
  YAP_CO_TRY_VOID(co_await ports_.users.CreateUser(user, deadline));
  YAP_CO_TRY_VOID(co_await RepairChannels(user, deadline));
  co_return ViewOf(user);
}

Task<void> AccountsImpl::AdminSetPassword(std::string name, Secret password, Deadline deadline) {
  YAP_CO_TRY_VOID(CheckPassword(password.Reveal(), name, options_.password_min, "password"));
  YAP_CO_TRY(const UserRecord user, co_await FindByName(std::move(name), deadline));
  YAP_CO_TRY(const std::string hash, co_await ports_.hasher.Hash(std::move(password), deadline));
  const auto stored = co_await StorePassword(user.id, hash, AnyRecord, deadline);
  if (!stored && !MayHaveHappened(stored.error())) co_return Fail(stored.error());
  door_.PasswordRight(Doorkeeper::NameSlot(user.name));
  const auto ended = co_await EndAllAfterWrite(user.id, SessionId(), deadline);
  if (!stored) co_return Fail(stored.error());
  if (!ended) co_return Fail(ended.error());
  co_return Result<>{};
}

Task<void> AccountsImpl::AdminSetLocked(std::string name, bool locked, Deadline deadline) {
  YAP_CO_TRY(const UserRecord user, co_await FindByName(std::move(name), deadline));
  const auto change = [locked](UserRecord& record) -> Result<> {
    record.locked = locked;
    return {};
  };
  const auto stored = co_await ModifyUser(user.id, change, deadline);
  if (!stored && !MayHaveHappened(stored.error())) co_return Fail(stored.error());
  Result<std::size_t> ended = 0;
  if (locked) ended = co_await EndAllAfterWrite(user.id, SessionId(), deadline);
  if (!stored) co_return Fail(stored.error());
  if (!ended) co_return Fail(ended.error());
  co_return Result<>{};
}

Task<void> AccountsImpl::AdminSetAdmin(std::string name, bool admin, Deadline deadline) {
  YAP_CO_TRY(const UserRecord user, co_await FindByName(std::move(name), deadline));
  const auto change = [admin](UserRecord& record) -> Result<> {
    record.admin = admin;
    return {};
  };
  const auto stored = co_await ModifyUser(user.id, change, deadline);
  sessions_.ForgetUser(user.id);
  if (!stored) co_return Fail(stored.error());
  co_return Result<>{};
}

Task<std::vector<UserRecord>> AccountsImpl::AdminListUsers(std::string after_name,
                                                           std::size_t limit, Deadline deadline) {
  const std::size_t rows = std::clamp<std::size_t>(limit, 1, kPageSizeMax);
  YAP_CO_TRY(auto users, co_await ports_.users.ListUsers(std::move(after_name), rows, deadline));
  for (UserRecord& user : users) Wipe(user.password_hash);
  co_return users;
}

Task<std::vector<SessionView>> AccountsImpl::AdminListSessions(std::string name,
                                                               Deadline deadline) {
  YAP_CO_TRY(const UserRecord user, co_await FindByName(std::move(name), deadline));
  co_return co_await ViewSessions(user.id, SessionId(), deadline);
}

Task<std::size_t> AccountsImpl::AdminRevokeSessions(std::string name,
                                                    std::optional<SessionId> session,
                                                    Deadline deadline) {
  YAP_CO_TRY(const UserRecord user, co_await FindByName(std::move(name), deadline));
  if (!session) co_return co_await sessions_.EndAll(user.id, SessionId(), deadline);
  YAP_CO_TRY_VOID(co_await EndOne(user.id, *session, deadline));
  co_return 1;
}

Task<SignedIn> AccountsImpl::AdminOpenSession(std::string name, std::string device_name,
                                              Deadline deadline) {
  YAP_CO_TRY(device_name, CheckDeviceName(device_name));
  YAP_CO_TRY(UserRecord user, co_await FindByName(std::move(name), deadline));
  if (user.locked) co_return Fail(AccountLocked());
  co_return co_await SignIn(std::move(user), std::move(device_name), PeerAddress{}, deadline);
}

Task<Secret> AccountsImpl::AdminCreateInvite(std::uint32_t uses, Duration life, Deadline deadline) {
  YAP_CO_TRY_VOID(CheckInvite(uses, life));
  Secret code = MintInviteCode(ports_.random);
  const WallTime now = ports_.clock.Now();
  const InviteRecord invite{
      .code_hash = *InviteCodeHash(code.Reveal()),
      .creator = UserId(),
      .create_time = now,
      .expire_time = now + std::chrono::duration_cast<WallTime::duration>(life),
      .uses_left = uses};
  YAP_CO_TRY_VOID(co_await ports_.users.CreateInvite(invite, deadline));
  co_return code;
}

}  // namespace yap::core
