#include "core/account_errors.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "base/metrics.h"
#include "core/reasons.h"

namespace yap::core {
namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;
using std::chrono::seconds;

Error Throttled(std::string_view reason, std::string_view what, Duration wait) {
  const auto ms = ceil<milliseconds>(wait);
  return MakeError(Errc::kResourceExhausted, reason,
                   fmt::format("{}; try again in {} s", what, ceil<seconds>(wait).count()))
      .With("retry_after_ms", std::to_string(ms.count()))
      .RetryAfter(ms);
}

}  // namespace

Error WrongCredentials() {
  return MakeError(Errc::kUnauthenticated, reason::kWrongCredentials,
                   "username and password do not belong together; check both");
}
Error LoginThrottled(Duration wait) {
  return Throttled(reason::kLoginThrottled,
                   "too many failed logins for this name or from this address", wait);
}
Error RegistrationThrottled(Duration wait) {
  return Throttled(reason::kRegistrationThrottled, "too many registrations from this address",
                   wait);
}
Error RefreshThrottled(Duration wait) {
  return Throttled(reason::kLoginThrottled, "too many refreshes of this session", wait);
}
Error AccountLocked() {
  return MakeError(Errc::kPermissionDenied, reason::kAccountLocked,
                   "an administrator has locked this account; ask the administrator");
}
Error RegistrationClosed() {
  return MakeError(Errc::kPermissionDenied, reason::kRegistrationClosed,
                   "this server takes no registrations; ask the administrator for an account");
}
Error InviteRequired() {
  return MakeError(Errc::kPermissionDenied, reason::kInviteRequired,
                   "registration needs an invite code; ask the administrator for one")
      .InField("invite_code");
}
Error InviteInvalid() {
  return MakeError(Errc::kPermissionDenied, reason::kInviteInvalid,
                   "the invite code is wrong, used up or too old; ask for a new one")
      .InField("invite_code");
}
Error NameTaken(std::string_view name) {
  return MakeError(Errc::kAlreadyExists, reason::kNameTaken,
                   fmt::format("somebody has the name \"{}\" already; choose another", name))
      .With("name", std::string(name));
}
Error TokenInvalid() {
  return MakeError(Errc::kUnauthenticated, reason::kTokenInvalid,
                   "the token is none of this server's, or its session has ended; log in again");
}
Error TokenExpired() {
  return MakeError(Errc::kUnauthenticated, reason::kTokenExpired,
                   "the access token has expired; refresh, then repeat the call");
}
Error SessionExpired() {
  return MakeError(Errc::kUnauthenticated, reason::kSessionExpired,
                   "the session was unused for too long, or is too old; log in again");
}
Error SessionRevokedError() {
  return MakeError(Errc::kUnauthenticated, reason::kSessionRevoked,
                   "the session was ended; log in again");
}
Error RefreshReused() {
  return MakeError(Errc::kUnauthenticated, reason::kRefreshReused,
                   "an old refresh token was used again, so somebody may have copied it; the "
                   "session is ended; log in again, and change the password if it was not you");
}
Error SessionNotFound(SessionId session) {
  return MakeError(Errc::kNotFound, reason::kSessionNotFound,
                   "there is no such session; list the sessions")
      .With("session_id", std::to_string(session.value));
}
Error UserNotFound(std::string_view name) {
  return MakeError(Errc::kNotFound, reason::kUserNotFound,
                   fmt::format("there is no user \"{}\"; check the name", name))
      .With("user", std::string(name));
}
Error UserWriteConflict() {
  return MakeError(Errc::kConflict, reason::kWriteConflict,
                   "the account was changed by somebody else at the same time; try again");
}

Error Counted(Error error) {
  metrics::NewCounter("yap_auth_failures_total", "Refused registrations, logins and tokens.",
                      {{"reason", error.reason}})
      .Add();
  return error;
}

bool MayHaveHappened(const Error& error) {
  return error.code == Errc::kUnavailable || error.code == Errc::kDeadlineExceeded ||
         error.code == Errc::kInternal;
}

}  // namespace yap::core
