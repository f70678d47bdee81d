// core/accounts.h: users, their passwords and their sessions. Thread-safe; calls may be made from
// any executor and resume there. Every call ends by its deadline; only what must follow a write
// that was made, or may have been, has kFollowUpPatience at least. Reasons are those of
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
#include "core/limits.h"
#include "core/principal.h"
#include "crypto/password_hasher.h"

namespace yap::core {

struct UserView {
  UserId id;
  std::string name;
  std::string display_name;
  WallTime create_time;
  bool admin = false;
  ChannelId inbox;
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
  std::size_t registrations_per_hour = 5;  // REQUIRES: >= 1; none at all is kClosed.
  bool exempt_loopback = true;
  // Failed logins per name before it is slowed down, and login attempts per minute and address.
  std::size_t free_login_failures = 5;
  std::size_t logins_per_minute = 20;
  Duration access_life = kAccessTokenLife;
  // Ended sessions are entered into the system log (core/revocations.h), for gateways that hold
  // their streams.
  bool record_revocations = false;
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

  // Makes a user, its inbox and its lobby membership, and logs it in. With the `request_id` of the
  // registration that made the user, and its password, it logs in again instead.
  //
  // Steps, cheap ones first: policy and form; is the name free (budget: kNameQuestionsPerHour and
  // address); registrations_per_hour; the hash; where registration is by invitation, one use of
  // the code; the user, whose name the store decides. Whatever fails after the use was taken gives
  // it back, also where the store did not say whether the user was made: at worst a code admits one
  // more than it says, but nobody invited is shut out. A use is lost where the process dies just
  // between the two, and where the store took it without saying so: nobody can tell that from a
  // use that was not taken, and giving back what was not taken would revive a code that is used up.
  //
  // Errors: PermissionDenied REGISTRATION_CLOSED, INVITE_REQUIRED, INVITE_INVALID, ACCOUNT_LOCKED
  // (a repeat); InvalidArgument NAME_…, PASSWORD_…, TEXT_…; AlreadyExists NAME_TAKEN;
  // ResourceExhausted REGISTRATION_THROTTLED, LOGIN_THROTTLED (a repeat), HASHING_BUSY.
  virtual Task<SignedIn> Register(RegisterRequest request, Deadline deadline) = 0;

  // Opens a session; the oldest beyond kSessionsPerUserMax ends. Repairs inbox and lobby
  // membership.
  //
  // Nothing is hashed before the throttles agree: logins_per_minute and address, and for each name,
  // existing or not, free_login_failures, then a wait of 1, 2, 4, … s. A living session of the
  // user, proved by its newest refresh token or the one before, has a count of its own (shared with
  // ChangePassword), so that nobody else's failures hold up its holder.
  // Errors: Unauthenticated WRONG_CREDENTIALS, the same and for the same work whether the name
  // exists or not; PermissionDenied ACCOUNT_LOCKED, only to who knows the password;
  // ResourceExhausted LOGIN_THROTTLED, HASHING_BUSY; Conflict WRITE_CONFLICT (the password was
  // changed meanwhile: no session was opened).
  virtual Task<SignedIn> Login(LoginRequest request, Deadline deadline) = 0;

  // The predecessor of the newest token is good, and answered with the same successor (and another
  // access token), until that is used; an older one ends the session ("REFRESH_REUSED").
  // Errors: Unauthenticated TOKEN_INVALID, SESSION_EXPIRED (kSessionIdleMax, kSessionLifeMax),
  // SESSION_REVOKED, REFRESH_REUSED; PermissionDenied ACCOUNT_LOCKED.
  virtual Task<SignedIn> Refresh(Secret refresh_token, PeerAddress peer, Deadline deadline) = 0;
  virtual Task<void> Logout(Principal who, Deadline deadline) = 0;

  // Who holds this access token. Answers from memory for at most kAuthCacheLife, and never for a
  // session that ended here. Errors: Unauthenticated TOKEN_INVALID (also for a token of a session
  // that ended, and for one that expired long ago: refresh, and you learn which), TOKEN_EXPIRED;
  // PermissionDenied ACCOUNT_LOCKED (the session is ended); Unavailable (the store).
  virtual Task<Principal> Authenticate(Secret access_token, Deadline deadline) = 0;

  virtual Task<UserView> WhoAmI(Principal who, Deadline deadline) = 0;
  // In the order asked, each once; unknown ones are left out. InvalidArgument LIST_TOO_LONG.
  virtual Task<std::vector<UserView>> GetUsers(std::vector<UserRef> users, Deadline deadline) = 0;
  virtual Task<UserView> UpdateProfile(Principal who, std::string display_name,
                                       Deadline deadline) = 0;
  virtual Task<std::vector<SessionView>> ListSessions(Principal who, Deadline deadline) = 0;
  // Errors: NotFound SESSION_NOT_FOUND: it is none of the caller's, or has ended.
  virtual Task<void> RevokeSession(Principal who, SessionId session, Deadline deadline) = 0;
  // Ends every other session of the user; answers how many those were. Errors: Unauthenticated
  // WRONG_CREDENTIALS, ResourceExhausted LOGIN_THROTTLED (wrong ones count as failed logins of this
  // session), InvalidArgument PASSWORD_…. Where the store did not say whether the password was
  // changed, the sessions are ended. Where the new password is the user's already and the old one
  // is not, this is a repeat: the sessions that are left are ended. (Who holds a session and
  // guesses has two guesses in one attempt by that.)
  virtual Task<std::size_t> ChangePassword(Principal who, Secret old_password, Secret new_password,
                                           Deadline deadline) = 0;

  // For the operator (`yapd admin`). Errors: NotFound USER_NOT_FOUND, and what the names say.
  // An empty password makes a user that no password opens (AdminOpenSession does).
  virtual Task<UserView> AdminCreateUser(std::string name, Secret password, bool admin,
                                         Deadline deadline) = 0;
  // Ends all sessions of the user, and forgets failed logins.
  virtual Task<void> AdminSetPassword(std::string name, Secret password, Deadline deadline) = 0;
  // Locking ends all sessions of the user.
  virtual Task<void> AdminSetLocked(std::string name, bool locked, Deadline deadline) = 0;
  virtual Task<void> AdminSetAdmin(std::string name, bool admin, Deadline deadline) = 0;
  // Without their password hashes.
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
  // (logout, revocation, password change, lock, reuse, expiry, the eleventh login). It must not
  // block. Lives as long as Accounts does. Where the store did not say whether it deleted them,
  // they are told as ended, too.
  virtual void OnSessionsEnded(std::function<void(const std::vector<SessionId>&)> listener) = 0;

  // Ends idle and old sessions, and enters into the system log what could not be entered when it
  // ended; called about once a minute by whoever owns the process. Where the log takes nothing, it
  // fails and ends nothing more.
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
