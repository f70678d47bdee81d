#include "core/doorkeeper.h"

#include "core/account_errors.h"
#include "core/limits.h"

namespace yap::core {

Doorkeeper::Doorkeeper(const AccountOptions& options, Clock& clock)
    : exempt_loopback_(options.exempt_loopback),
      clock_(clock),
      throttles_(
          Throttles{.logins = RateThrottle(options.logins_per_minute, 1min),
                    .name_questions = RateThrottle(kNameQuestionsPerHour, 1h),
                    .registrations = RateThrottle(options.registrations_per_hour, 1h),
                    .failures = FailureThrottle({.free_failures = options.free_login_failures})}) {}

Result<> Doorkeeper::AdmitLogin(const PeerAddress& peer) {
  const Duration wait = throttles_.With(
      [&](Throttles& t) { return t.logins.Take(ThrottleKey(peer), clock_.Mono()); });
  if (wait > Duration::zero()) return Fail(Counted(LoginThrottled(wait)));
  return {};
}

Result<> Doorkeeper::AdmitNameQuestion(const PeerAddress& peer) {
  if (Exempt(peer)) return {};
  const Duration wait = throttles_.With(
      [&](Throttles& t) { return t.name_questions.Take(ThrottleKey(peer), clock_.Mono()); });
  if (wait > Duration::zero()) return Fail(Counted(RegistrationThrottled(wait)));
  return {};
}

Result<> Doorkeeper::AdmitRegistration(const PeerAddress& peer) {
  if (Exempt(peer)) return {};
  const Duration wait = throttles_.With(
      [&](Throttles& t) { return t.registrations.Take(ThrottleKey(peer), clock_.Mono()); });
  if (wait > Duration::zero()) return Fail(Counted(RegistrationThrottled(wait)));
  return {};
}

void Doorkeeper::ReturnRegistration(const PeerAddress& peer) {
  if (Exempt(peer)) return;
  throttles_.With([&](Throttles& t) { t.registrations.GiveBack(ThrottleKey(peer)); });
}

std::string Doorkeeper::NameSlot(std::string_view name) { return "name:" + std::string(name); }
std::string Doorkeeper::SessionSlot(SessionId session) {
  return "session:" + std::to_string(session.value);
}

Result<> Doorkeeper::AdmitPassword(const std::string& slot) {
  const Duration wait =
      throttles_.With([&](Throttles& t) { return t.failures.Admit(slot, clock_.Mono()); });
  if (wait > Duration::zero()) return Fail(Counted(LoginThrottled(wait)));
  return {};
}

void Doorkeeper::PasswordRight(const std::string& slot) {
  throttles_.With([&](Throttles& t) { t.failures.Succeeded(slot); });
}

void Doorkeeper::PasswordNotChecked(const std::string& slot) {
  throttles_.With([&](Throttles& t) { t.failures.Withdraw(slot); });
}

}  // namespace yap::core
