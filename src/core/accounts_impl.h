// core/accounts_impl.h: private to accounts: who registers, logs in and is administered. What a
// session is lives in core/sessions.h, who has to wait in core/doorkeeper.h.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "core/accounts.h"
#include "core/doorkeeper.h"
#include "core/sessions.h"

namespace yap::core {

class AccountsImpl final : public Accounts {
 public:
  AccountsImpl(AccountPorts ports, AccountOptions options);

  // accounts_register.cc
  Task<SignedIn> Register(RegisterRequest request, Deadline deadline) override;

  // accounts_login.cc
  Task<SignedIn> Login(LoginRequest request, Deadline deadline) override;
  Task<std::size_t> ChangePassword(Principal who, Secret old_password, Secret new_password,
                                   Deadline deadline) override;

  // accounts.cc
  Task<SignedIn> Refresh(Secret refresh_token, PeerAddress peer, Deadline deadline) override;
  Task<void> Logout(Principal who, Deadline deadline) override;
  Task<Principal> Authenticate(Secret access_token, Deadline deadline) override;
  Task<UserView> WhoAmI(Principal who, Deadline deadline) override;
  Task<std::vector<UserView>> GetUsers(std::vector<UserRef> users, Deadline deadline) override;
  Task<UserView> UpdateProfile(Principal who, std::string display_name, Deadline deadline) override;
  Task<std::vector<SessionView>> ListSessions(Principal who, Deadline deadline) override;
  Task<void> RevokeSession(Principal who, SessionId session, Deadline deadline) override;
  void OnSessionsEnded(std::function<void(const std::vector<SessionId>&)> listener) override;
  Task<void> Sweep(Deadline deadline) override;

  // accounts_admin.cc
  Task<UserView> AdminCreateUser(std::string name, Secret password, bool admin,
                                 Deadline deadline) override;
  Task<void> AdminSetPassword(std::string name, Secret password, Deadline deadline) override;
  Task<void> AdminSetLocked(std::string name, bool locked, Deadline deadline) override;
  Task<void> AdminSetAdmin(std::string name, bool admin, Deadline deadline) override;
  Task<std::vector<UserRecord>> AdminListUsers(std::string after_name, std::size_t limit,
                                               Deadline deadline) override;
  Task<std::vector<SessionView>> AdminListSessions(std::string name, Deadline deadline) override;
  Task<std::size_t> AdminRevokeSessions(std::string name, std::optional<SessionId> session,
                                        Deadline deadline) override;
  Task<SignedIn> AdminOpenSession(std::string name, std::string device_name,
                                  Deadline deadline) override;
  Task<Secret> AdminCreateInvite(std::uint32_t uses, Duration life, Deadline deadline) override;

 private:
  using UserChange = std::function<Result<>(UserRecord&)>;

  // accounts_register.cc
  // Checks policy and form, and puts texts into their stored form.
  Result<> CheckRegistration(RegisterRequest& request) const;
  Task<UserRecord> MakeUser(RegisterRequest request, Deadline deadline);
  Task<void> CreateInvited(UserRecord user, Secret invite_code, Deadline deadline);
  Task<SignedIn> RepeatRegistration(UserRecord user, RegisterRequest request, Deadline deadline);

  // accounts_login.cc
  // ChangePassword that was `refused` because of the old password: perhaps it is a repeat.
  Task<std::size_t> RepeatChange(Principal who, UserRecord user, Secret new_password, Error refused,
                                 Deadline deadline);
  // Whose failures this attempt counts with.
  Task<std::string> SlotOf(LoginRequest request, std::optional<UserRecord> user, Deadline deadline);
  // Throttles, then checks, for the same work whether there is a user or not. A match answers
  // whether the hash should be made anew, anything else fails.
  Task<PasswordCheck> VerifyPassword(std::string slot, std::optional<UserRecord> user,
                                     Secret password, Deadline deadline);
  // Answers the record with the new hash, or as it was where that could not be stored.
  asio::awaitable<UserRecord> Rehash(UserRecord user, Secret password, Deadline deadline);
  Task<SignedIn> SignIn(UserRecord user, std::string device_name, PeerAddress peer,
                        Deadline deadline);
  // Fails only where trying again may help.
  Task<void> RepairChannels(UserRecord user, Deadline deadline);

  // accounts.cc
  Task<std::optional<UserRecord>> FindIfAny(std::string name, Deadline deadline);
  Task<UserRecord> FindByName(std::string name, Deadline deadline);
  UserRecord NewUser(std::string name) const;
  // Reads, changes and writes the record, again where somebody else wrote in between; answers it as
  // written. An error of `change` ends it.
  Task<UserRecord> ModifyUser(UserId user, UserChange change, Deadline deadline);
  // Errors of ModifyUser only: MayHaveHappened() does not hold where just the hashing failed.
  Task<UserRecord> StorePassword(UserId user, std::string hash, UserChange check,
                                 Deadline deadline);
  // After a write that ends the user's sessions but `kept`, also one whose answer came with the
  // deadline: who repeats the call may not get as far as this again.
  Task<std::size_t> EndAllAfterWrite(UserId user, SessionId kept, Deadline deadline);
  Deadline FollowUp(Deadline deadline) const;
  Task<std::vector<SessionView>> ViewSessions(UserId user, SessionId current, Deadline deadline);
  // Ends one session of the user. SESSION_NOT_FOUND.
  Task<void> EndOne(UserId user, SessionId session, Deadline deadline);

  AccountPorts ports_;
  const AccountOptions options_;

  metrics::Counter logins_;
  Doorkeeper door_;
  Sessions sessions_;
};

// `name` as it is stored (CheckLine); may be empty. Errors: InvalidArgument TEXT_… in `field`.
Result<std::string> CheckDeviceName(std::string_view name);
Result<std::string> CheckDisplayName(std::string_view name);

}  // namespace yap::core
