// Refresh tokens: one lineage per session. (RFC 9700 section 4.14.2: rotation, and revoking what
// was used twice; with the answer to the newest use repeatable, as answers get lost.)
#include <string>
#include <utility>

#include "base/log.h"
#include "core/account_errors.h"
#include "core/after_write.h"
#include "core/limits.h"
#include "core/sessions.h"

namespace yap::core {

RefreshVerdict JudgeRefresh(std::uint64_t presented, std::uint64_t newest) {
  if (presented == newest) return RefreshVerdict::kAdvance;
  if (presented > newest) return RefreshVerdict::kUnknown;
  return newest - presented == 1 ? RefreshVerdict::kRepeat : RefreshVerdict::kReused;
}

Task<SignedIn> Sessions::Refresh(Secret refresh_token, PeerAddress peer, Deadline deadline) {
  const auto token = ParseRefreshToken(ports_.token_key, refresh_token.Reveal());
  if (!token) co_return Fail(Counted(TokenInvalid()));
  YAP_CO_TRY_VOID(AdmitRefresh(token->family));
  for (int tries = 0; tries < kRefreshTriesMax; ++tries) {
    YAP_CO_TRY(Family family, co_await LoadFamily(*token, deadline));
    auto answer = co_await AnswerRefresh(std::move(family), *token, peer, deadline);
    // Another refresh came first: the family's counter says which rule holds now.
    if (answer || answer.error().code != Errc::kConflict) co_return answer;
  }
  co_return Fail(UserWriteConflict());
}

// Tokens cannot be made up, so nobody spends another session's budget.
Result<> Sessions::AdmitRefresh(SessionId session) {
  const Duration wait = refreshes_.With([&](RateThrottle& throttle) {
    return throttle.Take(std::to_string(session.value), ports_.clock.Mono());
  });
  if (wait > Duration::zero()) return Fail(Counted(RefreshThrottled(wait)));
  return {};
}

Task<Sessions::Family> Sessions::LoadFamily(RefreshToken token, Deadline deadline) {
  auto session = co_await ports_.sessions.GetSession(token.family, deadline);
  if (!session && session.error().code == Errc::kNotFound) {
    co_return Fail(Counted(SessionRevokedError()));
  }
  if (!session) co_return Fail(session.error());
  if (EndOf(*session) <= ports_.clock.Now()) {
    co_return Fail(co_await EndBecause(session->user, session->id, SessionExpired(), deadline));
  }
  auto user = co_await ports_.users.GetUser(session->user, deadline);
  if (!user && user.error().code == Errc::kNotFound) {
    co_return Fail(Counted(SessionRevokedError()));
  }
  if (!user) co_return Fail(user.error());
  if (user->locked) {
    co_return Fail(co_await EndBecause(user->id, session->id, AccountLocked(), deadline));
  }
  co_return Family{std::move(*session), std::move(*user)};
}

Task<SignedIn> Sessions::AnswerRefresh(Family family, RefreshToken token, PeerAddress peer,
                                       Deadline deadline) {
  switch (JudgeRefresh(token.counter, family.session.counter)) {
    case RefreshVerdict::kAdvance:
      co_return co_await Advance(std::move(family), std::move(peer), deadline);
    case RefreshVerdict::kRepeat:
      co_return co_await Issue(std::move(family.user), std::move(family.session), deadline);
    case RefreshVerdict::kReused:
      log::Warning("an old refresh token was used again; the session is ended",
                   {{"user", family.user.id.value}, {"session", family.session.id.value}});
      co_return Fail(
          co_await EndBecause(family.user.id, family.session.id, RefreshReused(), deadline));
    case RefreshVerdict::kUnknown:
      co_return Fail(Counted(TokenInvalid()));
  }
  std::unreachable();
}

Task<SignedIn> Sessions::Advance(Family family, PeerAddress peer, Deadline deadline) {
  SessionRecord& session = family.session;
  session.last_used_time = ports_.clock.Now();
  session.address = std::move(peer.text);
  const auto advanced = co_await ports_.sessions.AdvanceSession(
      session.id, session.counter, session.last_used_time, session.address, deadline);
  if (!advanced && advanced.error().code == Errc::kNotFound) {
    co_return Fail(Counted(SessionRevokedError()));
  }
  if (!advanced) co_return Fail(advanced.error());
  ++session.counter;
  co_return AfterWrite(co_await Issue(std::move(family.user), std::move(session), deadline));
}

Task<std::optional<SessionRecord>> Sessions::Proved(Secret refresh_token, Deadline deadline) {
  const auto token = ParseRefreshToken(ports_.token_key, refresh_token.Reveal());
  if (!token) co_return std::nullopt;
  auto session = co_await ports_.sessions.GetSession(token->family, deadline);
  if (!session && session.error().code == Errc::kNotFound) co_return std::nullopt;
  if (!session) co_return Fail(session.error());
  const RefreshVerdict verdict = JudgeRefresh(token->counter, session->counter);
  const bool newest = verdict == RefreshVerdict::kAdvance || verdict == RefreshVerdict::kRepeat;
  if (!newest) co_return std::nullopt;
  co_return std::move(*session);
}

}  // namespace yap::core
