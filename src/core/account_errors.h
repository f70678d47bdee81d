// core/account_errors.h: private to accounts: the refusals of core/accounts.h, worded once. None of
// them holds a password, a token or a code, and those for a login tell nothing about the name.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "core/ids.h"

namespace yap::core {

Error WrongCredentials();
Error LoginThrottled(Duration wait);
Error RegistrationThrottled(Duration wait);
Error RefreshThrottled(Duration wait);
Error AccountLocked();
Error RegistrationClosed();
Error InviteRequired();
Error InviteInvalid();
Error NameTaken(std::string_view name);
Error TokenInvalid();
Error TokenExpired();
Error SessionExpired();
Error SessionRevokedError();
Error RefreshReused();
Error SessionNotFound(SessionId session);
Error UserNotFound(std::string_view name);
Error UserWriteConflict();

// Counts the refusal in yap_auth_failures_total under its reason.
Error Counted(Error error);

// Whether what failed so may have been stored all the same.
bool MayHaveHappened(const Error& error);

}  // namespace yap::core
