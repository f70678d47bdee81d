#include "core/sessions.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/log.h"
#include "base/parallel.h"
#include "core/account_errors.h"
#include "core/after_write.h"
#include "core/channels.h"
#include "core/limits.h"

namespace yap::core {
namespace {

// One event for each session that ends, however often its end is told.
ClientKey RevocationKey(SessionId session) {
  const Digest digest = Sha256("yap session revoked " + std::to_string(session.value));
  ClientKey key;
  std::memcpy(key.data(), digest.data(), key.size());
  return key;
}

std::vector<SessionId> IdsOf(const std::vector<SessionRecord>& sessions, SessionId but) {
  std::vector<SessionId> ids;
  for (const SessionRecord& session : sessions) {
    if (session.id != but) ids.push_back(session.id);
  }
  return ids;
}

}  // namespace

UserView ViewOf(const UserRecord& user) {
  return {.id = user.id,
          .name = user.name,
          .display_name = user.display_name,
          .create_time = user.create_time,
          .admin = user.admin,
          .inbox = user.inbox};
}

WallTime EndOf(const SessionRecord& session) {
  return std::min<WallTime>(session.last_used_time + kSessionIdleMax,
                            session.create_time + kSessionLifeMax);
}

Sessions::Sessions(AccountPorts& ports, Options options)
    : ports_(ports),
      access_life_(std::chrono::duration_cast<WallTime::duration>(options.access_life)),
      record_ends_(options.record_ends),
      ended_(metrics::NewCounter("yap_sessions_ended_total",
                                 "Sessions that ended other than by being forgotten by a client.")),
      unrecorded_lost_(metrics::NewCounter(
          "yap_session_ends_unrecorded_total",
          "Ended sessions that gateways were never told of: too many waited to be recorded.")),
      cache_(SessionCache({})),
      refreshes_(RateThrottle(kRefreshesPerHour, 1h)) {}

Task<SignedIn> Sessions::Open(UserRecord user, std::string device_name, PeerAddress peer,
                              Deadline deadline) {
  const WallTime now = ports_.clock.Now();
  const SessionRecord session{.id = SessionId(ports_.random.NextId()),
                              .user = user.id,
                              .device_name = std::move(device_name),
                              .address = std::move(peer.text),
                              .create_time = now,
                              .last_used_time = now};
  YAP_CO_TRY(const auto evicted,
             co_await ports_.sessions.CreateSession(session, kSessionsPerUserMax, deadline));
  if (!evicted.empty()) co_await TellEvicted(user.id, evicted, deadline);
  YAP_CO_TRY_VOID(co_await CheckUnchanged(user, session.id, deadline));
  co_return AfterWrite(co_await Issue(std::move(user), session, deadline));
}

// They are gone: who logs in has no part in whether that can be recorded now.
asio::awaitable<void> Sessions::TellEvicted(UserId user, std::vector<SessionId> sessions,
                                            Deadline deadline) {
  KeepUnrecorded(sessions);
  Announce(sessions);
  if (const auto recorded = co_await Record(sessions, deadline); recorded) {
    ForgetRecorded(sessions);
  } else {
    log::Warning("ends of sessions are recorded later",
                 {{"sessions", sessions.size()}, {"reason", recorded.error().reason}});
  }
  co_await TellInbox(user, std::move(sessions), deadline);
}

// Who locks an account or changes its password writes the record first and lists the sessions then;
// a session is made first, and the record read then. So one of the two sees the other.
Task<void> Sessions::CheckUnchanged(UserRecord user, SessionId session, Deadline deadline) {
  YAP_CO_TRY(const UserRecord now, AfterWrite(co_await ports_.users.GetUser(user.id, deadline)));
  if (!now.locked && now.password_hash == user.password_hash) co_return Result<>{};
  YAP_CO_TRY_VOID(AfterWrite(co_await End(user.id, {session}, deadline)));
  co_return Fail(Counted(now.locked ? AccountLocked() : UserWriteConflict()));
}

Task<SignedIn> Sessions::Issue(UserRecord user, SessionRecord session, Deadline deadline) {
  const WallTime end = EndOf(session);
  Secret access = MintAccessToken(ports_.random);
  const WallTime expire = std::min<WallTime>(ports_.clock.Now() + access_life_, end);
  const AccessRecord record{.token_hash = *AccessTokenHash(access.Reveal()),
                            .session = session.id,
                            .user = user.id,
                            .expire_time = expire};
  YAP_CO_TRY_VOID(co_await ports_.sessions.PutAccess(record, deadline));
  co_return SignedIn{
      .user = ViewOf(user),
      .tokens = {.access_token = std::move(access),
                 .access_expire_time = expire,
                 .refresh_token = MintRefreshToken(ports_.token_key, {session.id, session.counter}),
                 .refresh_expire_time = end},
      .session = session.id};
}

Task<Principal> Sessions::Authenticate(Secret access_token, Deadline deadline) {
  const auto token_hash = AccessTokenHash(access_token.Reveal());
  if (!token_hash) co_return Fail(Counted(TokenInvalid()));
  const MonoTime now = ports_.clock.Mono();
  auto [answer, ticket] = cache_.With([&](const SessionCache& cache) {
    return std::pair(cache.Find(*token_hash, now), cache.Ask(now));
  });
  if (!answer) {
    YAP_CO_TRY(answer, co_await AskStore(*token_hash, deadline));
    cache_.With([&](SessionCache& cache) { cache.Put(*token_hash, *answer, ticket); });
  }
  if (answer->expire_time <= ports_.clock.Now()) co_return Fail(Counted(TokenExpired()));
  co_return std::move(answer->who);
}

Task<SessionCache::Answer> Sessions::AskStore(Digest token_hash, Deadline deadline) {
  const auto access = co_await ports_.sessions.FindAccess(token_hash, deadline);
  if (!access && access.error().code == Errc::kNotFound) co_return Fail(Counted(TokenInvalid()));
  if (!access) co_return Fail(access.error());
  const auto user = co_await ports_.users.GetUser(access->user, deadline);
  if (!user && user.error().code == Errc::kNotFound) co_return Fail(Counted(TokenInvalid()));
  if (!user) co_return Fail(user.error());
  if (user->locked) {
    co_return Fail(co_await EndBecause(user->id, access->session, AccountLocked(), deadline));
  }
  co_return SessionCache::Answer{.who = {.user = user->id,
                                         .username = user->name,
                                         .session = access->session,
                                         .admin = user->admin},
                                 .expire_time = access->expire_time};
}

Task<std::vector<SessionRecord>> Sessions::List(UserId user, Deadline deadline) {
  YAP_CO_TRY(auto sessions, co_await ports_.sessions.ListSessions(user, deadline));
  std::erase_if(sessions, [now = ports_.clock.Now()](const auto& s) { return EndOf(s) <= now; });
  std::ranges::sort(sessions, std::ranges::greater{}, &SessionRecord::last_used_time);
  co_return sessions;
}

asio::awaitable<Error> Sessions::EndBecause(UserId user, SessionId session, Error error,
                                            Deadline deadline) {
  const auto ended = co_await End(user, {session}, deadline);
  co_return ended ? Counted(std::move(error)) : ended.error();
}

Task<void> Sessions::End(UserId user, std::vector<SessionId> sessions, Deadline deadline) {
  if (sessions.empty()) co_return Result<>{};
  YAP_CO_TRY_VOID(co_await Record(sessions, deadline));
  auto deleted = co_await ports_.sessions.DeleteSessions(sessions, deadline);
  Announce(sessions);
  if (deleted) co_await TellInbox(user, std::move(sessions), deadline);
  co_return record_ends_ ? AfterWrite(std::move(deleted)) : deleted;
}

// From the store, not from List(): what is nearly over counts as well.
Task<std::size_t> Sessions::EndAll(UserId user, SessionId kept, Deadline deadline) {
  YAP_CO_TRY(const auto sessions, co_await ports_.sessions.ListSessions(user, deadline));
  auto ids = IdsOf(sessions, kept);
  const std::size_t count = ids.size();
  YAP_CO_TRY_VOID(co_await End(user, std::move(ids), deadline));
  co_return count;
}

Task<void> Sessions::Sweep(Deadline deadline) {
  const WallTime now = ports_.clock.Now();
  YAP_CO_TRY_VOID(co_await RecordKept(deadline));
  while (!deadline.Expired(ports_.clock)) {
    YAP_CO_TRY(const auto ended, co_await ports_.sessions.Sweep(now, now - kSessionIdleMax,
                                                                now - kSessionLifeMax, deadline));
    if (ended.empty()) co_return Result<>{};
    KeepUnrecorded(ended);
    Announce(ended);
    YAP_CO_TRY_VOID(co_await RecordKept(deadline));
  }
  co_return Result<>{};
}

// Before they are deleted, where that is ours to do (End): a crash in between leaves a session that
// lives on without its streams, never a stream without its session. Where the store deletes by
// itself (CreateSession, Sweep) it comes after, and a stream outlives its session where the process
// dies in between, or the store's answer that names the sessions is lost.
Task<void> Sessions::Record(std::vector<SessionId> sessions, Deadline deadline) {
  if (!record_ends_) co_return Result<>{};
  const bool several = sessions.size() > 1;
  std::vector<Task<void>> todo;
  for (const SessionId session : sessions) {
    todo.push_back(ports_.channels.RecordRevocations({session}, deadline));
  }
  auto recorded = co_await AwaitAllOk(std::move(todo), kRevocationsAtOnceMax);
  co_return several ? AfterWrite(std::move(recorded)) : recorded;  // Some of them may be.
}

void Sessions::KeepUnrecorded(const std::vector<SessionId>& sessions) {
  if (!record_ends_) return;
  const std::size_t lost = unrecorded_.With([&](std::set<SessionId>& all) {
    std::size_t left_out = 0;
    for (const SessionId session : sessions) {
      if (all.size() < kUnrecordedEndsMax) {
        all.insert(session);
      } else {
        ++left_out;
      }
    }
    return left_out;
  });
  if (lost > 0) unrecorded_lost_.Add(static_cast<double>(lost));
}

void Sessions::ForgetRecorded(const std::vector<SessionId>& sessions) {
  unrecorded_.With([&](std::set<SessionId>& all) {
    for (const SessionId session : sessions) all.erase(session);
  });
}

std::vector<SessionId> Sessions::SomeUnrecorded() const {
  return unrecorded_.With([](const std::set<SessionId>& all) {
    std::vector<SessionId> some;
    std::ranges::copy(all | std::views::take(kRevocationsAtOnceMax), std::back_inserter(some));
    return some;
  });
}

// Each is kept until it is recorded, so that no way out of here loses it.
Task<void> Sessions::RecordKept(Deadline deadline) {
  for (auto some = SomeUnrecorded(); !some.empty(); some = SomeUnrecorded()) {
    YAP_CO_TRY_VOID(co_await Record(some, deadline));
    ForgetRecorded(some);
  }
  co_return Result<>{};
}

void Sessions::Announce(const std::vector<SessionId>& sessions) {
  cache_.With([&](SessionCache& cache) { cache.ForgetSessions(sessions); });
  ended_.Add(static_cast<double>(sessions.size()));
  const auto listeners = listeners_.With([](const auto& all) { return all; });
  for (const auto& listener : listeners) (*listener)(sessions);
}

asio::awaitable<void> Sessions::TellInbox(UserId user, std::vector<SessionId> sessions,
                                          Deadline deadline) {
  const Deadline soon = std::min(deadline, Deadline::After(ports_.clock, kInboxNoticeMax));
  const auto record = co_await ports_.users.GetUser(user, soon);
  Result<> told = record ? Result<>{} : Fail(record.error());
  for (auto session = sessions.begin(); told && session != sessions.end(); ++session) {
    told = co_await ports_.channels.AppendToInbox(*record, SessionRevoked{*session},
                                                  RevocationKey(*session), soon);
  }
  if (!told) {
    log::Warning("an inbox was not told of ended sessions",
                 {{"user", user.value}, {"reason", told.error().reason}});
  }
}

void Sessions::ForgetUser(UserId user) {
  cache_.With([&](SessionCache& cache) { cache.ForgetUser(user); });
}

void Sessions::AddListener(Listener listener) {
  auto shared = std::make_shared<const Listener>(std::move(listener));
  listeners_.With([&](auto& all) { all.push_back(std::move(shared)); });
}

}  // namespace yap::core
