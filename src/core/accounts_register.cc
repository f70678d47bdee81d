// Registration: the order of its steps is in core/accounts.h.
#include <utility>

#include "base/log.h"
#include "core/account_errors.h"
#include "core/accounts_impl.h"
#include "core/after_write.h"
#include "core/password_rules.h"
#include "core/reasons.h"
#include "core/tokens.h"
#include "unicode/names.h"

namespace yap::core {

Task<SignedIn> AccountsImpl::Register(RegisterRequest request, Deadline deadline) {
  YAP_CO_TRY_VOID(CheckRegistration(request));
  YAP_CO_TRY_VOID(door_.AdmitNameQuestion(request.peer));
  YAP_CO_TRY(auto holder, co_await FindIfAny(request.username, deadline));
  if (holder) co_return co_await RepeatRegistration(std::move(*holder), request, deadline);
  YAP_CO_TRY_VOID(door_.AdmitRegistration(request.peer));
  auto made = co_await MakeUser(request, deadline);
  if (made) {
    co_return AfterWrite(co_await SignIn(std::move(*made), std::move(request.device_name),
                                         std::move(request.peer), deadline));
  }
  const Error& error = made.error();
  const bool taken = error.code == Errc::kAlreadyExists;
  if (taken || error.reason == kHashingBusy) door_.ReturnRegistration(request.peer);
  if (!taken) co_return Fail(error);
  // Somebody was faster: perhaps the first attempt of this same registration.
  YAP_CO_TRY(holder, co_await FindIfAny(request.username, deadline));
  if (!holder) co_return Fail(NameTaken(request.username));  // Of a user deleted since.
  co_return co_await RepeatRegistration(std::move(*holder), request, deadline);
}

Result<> AccountsImpl::CheckRegistration(RegisterRequest& request) const {
  if (options_.registration == Registration::kClosed) return Fail(Counted(RegistrationClosed()));
  if (auto named = unicode::CheckUserName(request.username); !named) {
    return Fail(std::move(named).error().InField("username"));
  }
  YAP_TRY_VOID(CheckPassword(request.password.Reveal(), request.username, options_.password_min,
                             "password"));
  YAP_TRY(request.display_name, CheckDisplayName(request.display_name));
  YAP_TRY(request.device_name, CheckDeviceName(request.device_name));
  if (options_.registration == Registration::kInvite && request.invite_code.empty()) {
    return Fail(Counted(InviteRequired()));
  }
  return {};
}

Task<UserRecord> AccountsImpl::MakeUser(RegisterRequest request, Deadline deadline) {
  UserRecord user = NewUser(std::move(request.username));
  user.display_name = std::move(request.display_name);
  user.request_id = request.request_id;
  YAP_CO_TRY(user.password_hash,
             co_await ports_.hasher.Hash(std::move(request.password), deadline));
  if (options_.registration == Registration::kInvite) {
    YAP_CO_TRY_VOID(co_await CreateInvited(user, std::move(request.invite_code), deadline));
  } else {
    YAP_CO_TRY_VOID(co_await ports_.users.CreateUser(user, deadline));
  }
  co_return user;
}

Task<void> AccountsImpl::CreateInvited(UserRecord user, Secret invite_code, Deadline deadline) {
  const auto code_hash = InviteCodeHash(invite_code.Reveal());
  if (!code_hash) co_return Fail(Counted(InviteInvalid()));
  auto used = co_await ports_.users.UseInvite(*code_hash, ports_.clock.Now(), deadline);
  if (!used && used.error().code == Errc::kNotFound) co_return Fail(Counted(InviteInvalid()));
  if (!used) co_return used;
  auto created = co_await ports_.users.CreateUser(std::move(user), deadline);
  if (created) co_return Result<>{};
  const auto returned = co_await ports_.users.ReturnInvite(*code_hash, FollowUp(deadline));
  if (!returned) {
    log::Warning("a use of an invitation was lost", {{"reason", returned.error().reason}});
  }
  co_return created;
}

Task<SignedIn> AccountsImpl::RepeatRegistration(UserRecord user, RegisterRequest request,
                                                Deadline deadline) {
  if (IsNone(request.request_id) || request.request_id != user.request_id) {
    co_return Fail(NameTaken(request.username));
  }
  auto check = co_await VerifyPassword(Doorkeeper::NameSlot(user.name), user,
                                       std::move(request.password), deadline);
  if (!check && check.error().reason == reason::kWrongCredentials) {
    co_return Fail(NameTaken(request.username));
  }
  if (!check) co_return Fail(std::move(check).error());
  if (user.locked) co_return Fail(Counted(AccountLocked()));
  co_return co_await SignIn(std::move(user), std::move(request.device_name),
                            std::move(request.peer), deadline);
}

}  // namespace yap::core
