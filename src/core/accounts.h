// core/accounts.h: users, their passwords and their sessions. Thread-safe; calls may be made from
// any executor and resume there. Every call ends by its deadline. Reasons are those of
// core/reasons.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "base/task.h"
#include "core/directory.h"
#include "core/principal.h"
#include "crypto/password_hasher.h"

namespace yap::core {

struct UserView {
  UserId id;
  std::string name;
  std::string display_name;
  WallTime create_time;
  bool admin = false;
};

struct Tokens {
  Secret access_token;
  WallTime access_expire_time;
  Secret refresh_token;
  WallTime refresh_expire_time;
};

struct SignedIn {
  UserView user;
  Tokens tokens;
  SessionId session;
};

struct SessionView {
  SessionId id;
  std::string device_name;
  std::string address;
  WallTime create_time;
  WallTime last_used_time;
  bool current = false;
};

enum class Registration : std::uint8_t { kOpen, kInvite, kClosed };

struct AccountOptions {
  Registration registration = Registration::kOpen;
  std::size_t password_min = 12;
  // Registrations per hour and address; loopback addresses are exempt when `exempt_loopback`.
  std::size_t registrations_per_hour = 5;
  bool exempt_loopback = true;
  // Failed logins per name before it is slowed down, and login attempts per minute and address.
  std::size_t free_login_failures = 5;
  std::size_t logins_per_minute = 20;
};

struct RegisterRequest {
  std::string username;
  Secret password;
  std::string display_name;
  Secret invite_code;
  std::string device_name;
  ClientKey request_id{};  // With it the same registration can be repeated: it logs in.
  PeerAddress peer;
};
struct LoginRequest {
  std::string username;
  Secret password;
  std::string device_name;
  // A refresh token of an earlier session of this user: its holder is never locked out.
  Secret known_refresh_token;
  PeerAddress peer;
};

class Accounts {
 public:
  virtual ~Accounts() = default;

  virtual Task<SignedIn> Register(RegisterRequest request, Deadline deadline) = 0;
  virtual Task<SignedIn> Login(LoginRequest request, Deadline deadline) = 0;
  // The predecessor of the newest token is good, and answered with the same successor, until that
  // is used; an older one ends the session ("REFRESH_REUSED").
  virtual Task<SignedIn> Refresh(Secret refresh_token, PeerAddress peer, Deadline deadline) = 0;
  virtual Task<void> Logout(Principal who, Deadline deadline) = 0;

  // Who holds this access token. Answers from memory for at most 2 s. Errors: Unauthenticated
  // "TOKEN_INVALID", "TOKEN_EXPIRED", "ACCOUNT_LOCKED"; Unavailable (the store).
  virtual Task<Principal> Authenticate(Secret access_token, Deadline deadline) = 0;

  virtual Task<UserView> WhoAmI(Principal who, Deadline deadline) = 0;
  // Unknown ones are left out.
  virtual Task<std::vector<UserView>> GetUsers(std::vector<UserRef> users, Deadline deadline) = 0;
  virtual Task<UserView> UpdateProfile(Principal who, std::string display_name,
                                       Deadline deadline) = 0;
  virtual Task<std::vector<SessionView>> ListSessions(Principal who, Deadline deadline) = 0;
  virtual Task<void> RevokeSession(Principal who, SessionId session, Deadline deadline) = 0;
  // Ends every other session of the user; answers how many.
  virtual Task<std::size_t> ChangePassword(Principal who, Secret old_password, Secret new_password,
                                           Deadline deadline) = 0;

  // For the operator (`yapd admin`).
  virtual Task<UserView> AdminCreateUser(std::string name, Secret password, bool admin,
                                         Deadline deadline) = 0;
  virtual Task<void> AdminSetPassword(std::string name, Secret password, Deadline deadline) = 0;
  virtual Task<void> AdminSetLocked(std::string name, bool locked, Deadline deadline) = 0;
  virtual Task<void> AdminSetAdmin(std::string name, bool admin, Deadline deadline) = 0;
  virtual Task<std::vector<UserRecord>> AdminListUsers(std::string after_name, std::size_t limit,
                                                       Deadline deadline) = 0;
  virtual Task<std::vector<SessionView>> AdminListSessions(std::string name, Deadline deadline) = 0;
  // All sessions of the user, or the one named.
  virtual Task<std::size_t> AdminRevokeSessions(std::string name, std::optional<SessionId> session,
                                                Deadline deadline) = 0;
  // A session without a password, for load tests and bots set up by the operator.
  virtual Task<SignedIn> AdminOpenSession(std::string name, std::string device_name,
                                          Deadline deadline) = 0;
  // Answers the code; only its hash is stored.
  virtual Task<Secret> AdminCreateInvite(std::uint32_t uses, Duration life, Deadline deadline) = 0;

  // `listener` is called, on any thread and without delay, with sessions that have just ended
  // (logout, revocation, password change, lock, reuse, expiry). It must not block. Lives as long as
  // Accounts does.
  virtual void OnSessionsEnded(std::function<void(const std::vector<SessionId>&)> listener) = 0;

  // Ends idle and old sessions; called about once a minute by whoever owns the process.
  virtual Task<void> Sweep(Deadline deadline) = 0;
};

class Channels;

// What Accounts needs from outside. Everything outlives it.
struct AccountPorts {
  UserStore& users;
  SessionStore& sessions;
  PasswordHasher& hasher;
  Channels& channels;  // Makes the inbox and joins the lobby; tells inboxes of revoked sessions.
  Clock& clock;
  Random& random;
  Secret token_key;  // 32 bytes or more; refresh tokens are signed with it.
};
std::unique_ptr<Accounts> NewAccounts(AccountPorts ports, AccountOptions options);

}  // namespace yap::core
