// core/sessions.h: private to accounts: sessions from their opening to their end, and who a token
// belongs to. Thread-safe. Errors are those of core/accounts.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/metrics.h"
#include "core/accounts.h"
#include "core/session_cache.h"
#include "core/throttle.h"
#include "core/tokens.h"

namespace yap::core {

UserView ViewOf(const UserRecord& user);

// When the session ends if it is not used again.
WallTime EndOf(const SessionRecord& session);

// What to do with number `presented` of a family whose newest is `newest`.
enum class RefreshVerdict : std::uint8_t {
  kAdvance,  // The newest: go on to the next.
  kRepeat,   // The one before: the answer with the newest may be lost, so it is given again.
  kReused,   // An older one: two hold tokens of this family.
  kUnknown,  // Not minted yet: the store is older than the token.
};
RefreshVerdict JudgeRefresh(std::uint64_t presented, std::uint64_t newest);

class Sessions {
 public:
  using Listener = std::function<void(const std::vector<SessionId>&)>;

  struct Options {
    Duration access_life;      // How long an access token is good.
    bool record_ends = false;  // Sessions that end are entered into the system log.
  };
  // `ports` outlives it.
  Sessions(AccountPorts& ports, Options options);

  // A session of `user`, as it was read before its password was checked. Where the record was
  // locked or given another password since, the session is ended again: ACCOUNT_LOCKED, Conflict.
  Task<SignedIn> Open(UserRecord user, std::string device_name, PeerAddress peer,
                      Deadline deadline);
  Task<SignedIn> Refresh(Secret refresh_token, PeerAddress peer, Deadline deadline);
  Task<Principal> Authenticate(Secret access_token, Deadline deadline);

  // The living ones, the last used first.
  Task<std::vector<SessionRecord>> List(UserId user, Deadline deadline);
  // The living session whose newest refresh token, or the one before, this is.
  Task<std::optional<SessionRecord>> Proved(Secret refresh_token, Deadline deadline);

  // Records and deletes them, then forgets their tokens, tells the listeners and the user's inbox.
  // Where recording fails, nothing else is done; where deleting fails, all but the inbox happens
  // all the same.
  Task<void> End(UserId user, std::vector<SessionId> sessions, Deadline deadline);
  // All of the user's but `kept`; answers how many.
  Task<std::size_t> EndAll(UserId user, SessionId kept, Deadline deadline);
  // Until nothing is left that is over, or the deadline has passed. Records first what is left from
  // before; where that fails, nothing more is ended.
  Task<void> Sweep(Deadline deadline);

  // The user's principals changed.
  void ForgetUser(UserId user);
  void AddListener(Listener listener);

 private:
  struct Family {
    SessionRecord session;
    UserRecord user;
  };
  Result<> AdmitRefresh(SessionId session);
  // The session that `token` belongs to, and its user, both in force.
  Task<Family> LoadFamily(RefreshToken token, Deadline deadline);
  Task<SignedIn> AnswerRefresh(Family family, RefreshToken token, PeerAddress peer,
                               Deadline deadline);
  Task<SignedIn> Advance(Family family, PeerAddress peer, Deadline deadline);
  // The newest refresh token of the session, and a new access token.
  Task<SignedIn> Issue(UserRecord user, SessionRecord session, Deadline deadline);
  // After the session was stored.
  Task<void> CheckUnchanged(UserRecord user, SessionId session, Deadline deadline);
  Task<SessionCache::Answer> AskStore(Digest token_hash, Deadline deadline);
  // Ends the session; answers what to fail with: `error`, or why it could not be ended.
  asio::awaitable<Error> EndBecause(UserId user, SessionId session, Error error, Deadline deadline);
  Task<void> Record(std::vector<SessionId> sessions, Deadline deadline);
  // Of sessions that the store has deleted already: what cannot be recorded now is kept for the
  // next Sweep, up to kUnrecordedEndsMax and to the end of the process.
  void KeepUnrecorded(const std::vector<SessionId>& sessions);
  void ForgetRecorded(const std::vector<SessionId>& sessions);
  std::vector<SessionId> SomeUnrecorded() const;
  Task<void> RecordKept(Deadline deadline);
  asio::awaitable<void> TellEvicted(UserId user, std::vector<SessionId> sessions,
                                    Deadline deadline);
  void Announce(const std::vector<SessionId>& sessions);
  asio::awaitable<void> TellInbox(UserId user, std::vector<SessionId> sessions, Deadline deadline);

  AccountPorts& ports_;
  const WallTime::duration access_life_;
  const bool record_ends_;
  metrics::Counter ended_;
  metrics::Counter unrecorded_lost_;

  Guarded<SessionCache> cache_;
  Guarded<RateThrottle> refreshes_;
  Guarded<std::set<SessionId>> unrecorded_;
  Guarded<std::vector<std::shared_ptr<const Listener>>> listeners_;
};

}  // namespace yap::core
