// core/doorkeeper.h: private to accounts: the throttles of logins and registrations, under one
// lock, answering in errors. Thread-safe.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "core/accounts.h"
#include "core/throttle.h"

namespace yap::core {

class Doorkeeper {
 public:
  // `clock` outlives it.
  Doorkeeper(const AccountOptions& options, Clock& clock);

  // Attempts to log in, of an address. LOGIN_THROTTLED.
  Result<> AdmitLogin(const PeerAddress& peer);

  // Whether a name is free. REGISTRATION_THROTTLED.
  Result<> AdmitNameQuestion(const PeerAddress& peer);
  // A user about to be made. REGISTRATION_THROTTLED.
  Result<> AdmitRegistration(const PeerAddress& peer);
  // It was not made, and that cost nothing.
  void ReturnRegistration(const PeerAddress& peer);

  // A password about to be checked. Whose failures count together: those under a name, and those
  // of who holds a session. Must be followed by one of the two calls below, unless it was wrong.
  // LOGIN_THROTTLED.
  static std::string NameSlot(std::string_view name);
  static std::string SessionSlot(SessionId session);
  Result<> AdmitPassword(const std::string& slot);
  void PasswordRight(const std::string& slot);
  void PasswordNotChecked(const std::string& slot);

 private:
  struct Throttles {
    RateThrottle logins;
    RateThrottle name_questions;
    RateThrottle registrations;
    FailureThrottle failures;
  };
  bool Exempt(const PeerAddress& peer) const { return exempt_loopback_ && peer.loopback; }

  const bool exempt_loopback_;
  Clock& clock_;
  Guarded<Throttles> throttles_;
};

}  // namespace yap::core
