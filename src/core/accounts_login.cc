// Passwords: who has to wait, who is let in, and what a change of one ends.
#include <utility>

#include "base/log.h"
#include "core/account_errors.h"
#include "core/accounts_impl.h"
#include "core/channels.h"
#include "core/limits.h"
#include "core/password_rules.h"
#include "core/reasons.h"
#include "unicode/names.h"

namespace yap::core {

Task<SignedIn> AccountsImpl::Login(LoginRequest request, Deadline deadline) {
  YAP_CO_TRY(request.device_name, CheckDeviceName(request.device_name));
  YAP_CO_TRY_VOID(door_.AdmitLogin(request.peer));
  // No name is that long, as everybody may know: nothing is looked up, counted or hashed.
  if (request.username.size() > unicode::kNameBytesMax) co_return Fail(Counted(WrongCredentials()));
  YAP_CO_TRY(auto user, co_await FindIfAny(request.username, deadline));
  YAP_CO_TRY(const std::string slot, co_await SlotOf(request, user, deadline));
  YAP_CO_TRY(const PasswordCheck check,
             co_await VerifyPassword(slot, user, request.password, deadline));
  if (user->locked) co_return Fail(Counted(AccountLocked()));
  if (check.needs_rehash) user = co_await Rehash(std::move(*user), request.password, deadline);
  co_return co_await SignIn(std::move(*user), std::move(request.device_name),
                            std::move(request.peer), deadline);
}

// Reads the same of the store whether there is such a user or not.
Task<std::string> AccountsImpl::SlotOf(LoginRequest request, std::optional<UserRecord> user,
                                       Deadline deadline) {
  YAP_CO_TRY(const auto session,
             co_await sessions_.Proved(std::move(request.known_refresh_token), deadline));
  const bool proved = session && user && session->user == user->id;
  co_return proved ? Doorkeeper::SessionSlot(session->id) : Doorkeeper::NameSlot(request.username);
}

Task<PasswordCheck> AccountsImpl::VerifyPassword(std::string slot, std::optional<UserRecord> user,
                                                 Secret password, Deadline deadline) {
  YAP_CO_TRY_VOID(door_.AdmitPassword(slot));
  const bool verifiable = user && !user->password_hash.empty();
  auto check =
      verifiable ? co_await ports_.hasher.Verify(user->password_hash, std::move(password), deadline)
                 : co_await ports_.hasher.VerifyDummy(std::move(password), deadline);
  if (!check) {
    door_.PasswordNotChecked(slot);
    co_return Fail(Counted(std::move(check).error()));
  }
  if (!check->match) co_return Fail(Counted(WrongCredentials()));
  door_.PasswordRight(slot);
  co_return *check;
}

asio::awaitable<UserRecord> AccountsImpl::Rehash(UserRecord user, Secret password,
                                                 Deadline deadline) {
  auto hash = co_await ports_.hasher.Hash(std::move(password), deadline);
  if (!hash) co_return user;  // The old one is good until the next login.
  UserRecord rehashed = user;
  rehashed.password_hash = std::move(*hash);
  const auto written = co_await ports_.users.UpdateUser(rehashed, deadline);
  co_return written ? rehashed : user;
}

Task<SignedIn> AccountsImpl::SignIn(UserRecord user, std::string device_name, PeerAddress peer,
                                    Deadline deadline) {
  YAP_CO_TRY_VOID(co_await RepairChannels(user, deadline));
  auto signed_in =
      co_await sessions_.Open(std::move(user), std::move(device_name), std::move(peer), deadline);
  if (signed_in) logins_.Add();
  co_return signed_in;
}

Task<void> AccountsImpl::RepairChannels(UserRecord user, Deadline deadline) {
  const auto id = user.id;
  auto repaired = co_await ports_.channels.EnsureUserChannels(std::move(user), deadline);
  if (repaired) co_return Result<>{};
  if (MayHaveHappened(repaired.error()) || repaired.error().code == Errc::kConflict) {
    co_return repaired;
  }
  // A full lobby keeps nobody out of the other channels.
  log::Warning("a user's channels are not complete",
               {{"user", id.value}, {"reason", repaired.error().reason}});
  co_return Result<>{};
}

Task<std::size_t> AccountsImpl::ChangePassword(Principal who, Secret old_password,
                                               Secret new_password, Deadline deadline) {
  YAP_CO_TRY_VOID(
      CheckPassword(new_password.Reveal(), who.username, options_.password_min, "new_password"));
  YAP_CO_TRY(const UserRecord user, co_await ports_.users.GetUser(who.user, deadline));
  auto right = co_await VerifyPassword(Doorkeeper::SessionSlot(who.session), user,
                                       std::move(old_password), deadline);
  if (!right) {
    co_return co_await RepeatChange(std::move(who), user, std::move(new_password),
                                    std::move(right).error(), deadline);
  }
  YAP_CO_TRY(const std::string new_hash,
             co_await ports_.hasher.Hash(std::move(new_password), deadline));
  const auto unchanged = [hash = user.password_hash](UserRecord& now) -> Result<> {
    if (now.password_hash == hash) return {};
    return Fail(UserWriteConflict());
  };
  const auto stored = co_await StorePassword(who.user, new_hash, unchanged, deadline);
  if (!stored && !MayHaveHappened(stored.error())) co_return Fail(stored.error());
  auto ended = co_await EndAllAfterWrite(who.user, who.session, deadline);
  if (!stored) co_return Fail(stored.error());
  co_return ended;
}

// The first attempt's answer got lost, and nobody knows whether it ended the sessions.
Task<std::size_t> AccountsImpl::RepeatChange(Principal who, UserRecord user, Secret new_password,
                                             Error refused, Deadline deadline) {
  const bool wrong = refused.reason == reason::kWrongCredentials;
  if (!wrong || user.password_hash.empty()) co_return Fail(std::move(refused));
  YAP_CO_TRY(const PasswordCheck check,
             co_await ports_.hasher.Verify(user.password_hash, std::move(new_password), deadline));
  if (!check.match) co_return Fail(std::move(refused));
  door_.PasswordRight(Doorkeeper::SessionSlot(who.session));
  co_return co_await EndAllAfterWrite(who.user, who.session, deadline);
}

}  // namespace yap::core
