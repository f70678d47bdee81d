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
                   fmt::format("{}; try again in {} s.", what, ceil<seconds>(wait).count()))
      .With("retry_after_ms", std::to_string(ms.count()))
      .RetryAfter(ms);
}

}  // namespace

Error WrongCredentials() {
  return MakeError(Errc::kUnauthenticated, reason::kWrongCredentials,
                   "Username and password do not belong together. Check both.");
}
Error LoginThrottled(Duration wait) {
  return Throttled(reason::kLoginThrottled,
                   "Too many failed logins for this name or from this address", wait);
}
Error RegistrationThrottled(Duration wait) {
  return Throttled(reason::kRegistrationThrottled, "Too many registrations from this address",
                   wait);
}
Error RefreshThrottled(Duration wait) {
  return Throttled(reason::kLoginThrottled, "Too many refreshes of this session", wait);
}
Error AccountLocked() {
  return MakeError(Errc::kPermissionDenied, reason::kAccountLocked,
                   "An administrator has locked this account. Ask the administrator.");
}
Error RegistrationClosed() {
  return MakeError(Errc::kPermissionDenied, reason::kRegistrationClosed,
                   "This server takes no registrations. Ask the administrator for an account.");
}
Error InviteRequired() {
  return MakeError(Errc::kPermissionDenied, reason::kInviteRequired,
                   "Registration needs an invite code. Ask the administrator for one.")
      .InField("invite_code");
}
Error InviteInvalid() {
  return MakeError(Errc::kPermissionDenied, reason::kInviteInvalid,
                   "The invite code is wrong, used up or too old. Ask for a new one.")
      .InField("invite_code");
}
Error NameTaken(std::string_view name) {
  return MakeError(Errc::kAlreadyExists, reason::kNameTaken,
                   fmt::format("Somebody has the name \"{}\" already. Choose another.", name))
      .With("name", std::string(name));
}
Error TokenInvalid() {
  return MakeError(Errc::kUnauthenticated, reason::kTokenInvalid,
                   "The token is none of this server's, or its session has ended. Log in again.");
}
Error TokenExpired() {
  return MakeError(Errc::kUnauthenticated, reason::kTokenExpired,
                   "The access token has expired. Refresh, then repeat the call.");
}
Error SessionExpired() {
  return MakeError(Errc::kUnauthenticated, reason::kSessionExpired,
                   "The session was unused for too long, or is too old. Log in again.");
}
Error SessionRevokedError() {
  return MakeError(Errc::kUnauthenticated, reason::kSessionRevoked,
                   "The session was ended. Log in again.");
}
Error RefreshReused() {
  return MakeError(Errc::kUnauthenticated, reason::kRefreshReused,
                   "An old refresh token was used again, so somebody may have copied it; the "
                   "session is ended. Log in again, and change the password if it was not you.");
}
Error SessionNotFound(SessionId session) {
  return MakeError(Errc::kNotFound, reason::kSessionNotFound,
                   "There is no such session. List the sessions.")
      .With("session_id", std::to_string(session.value));
}
Error UserNotFound(std::string_view name) {
  return MakeError(Errc::kNotFound, reason::kUserNotFound,
                   fmt::format("There is no user \"{}\". Check the name.", name))
      .With("user", std::string(name));
}
Error UserWriteConflict() {
  return MakeError(Errc::kConflict, reason::kWriteConflict,
                   "The account was changed by somebody else at the same time. Try again.");
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
