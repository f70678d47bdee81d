#include <algorithm>
#include <tuple>
#include <utility>

#include "base/parallel.h"
#include "core/reasons.h"
#include "store/errors.h"
#include "store/scylla/internal/accounts.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Row;
using drivers::Values;

namespace {

// Rows that one Sweep looks at: 200 requests, some 0.2 s.
constexpr std::size_t kSweepScanMax = 20'000;
constexpr std::uint32_t kSweepPage = 100;
static_assert(kSweepRowsMax % kSweepPage == 0);
// How often the creation of a session that met another one of the same user is tried again.
constexpr int kCreateTriesMax = 8;

SessionRecord SessionOf(const Row& row) {
  return {.id = IdIn<SessionId>(row, "session_id"),
          .user = IdIn<UserId>(row, "user_id"),
          .device_name = TextIn(row, "device"),
          .address = TextIn(row, "address"),
          .create_time = TimeIn(row, "created"),
          .last_used_time = TimeIn(row, "refreshed"),
          .counter = NumberIn(row, "ctr")};
}

// A partition whose sessions are gone still has its static row, with no session.
bool HasSession(const Row& row) { return row.Has("session_id") && row.Has("ctr"); }

// A user's sessions, oldest first, and the generation of that set: it rises with every creation.
struct SessionSet {
  std::vector<SessionRecord> sessions;
  std::optional<std::int64_t> generation;
};

Task<SessionSet> ReadSet(Db& db, UserId user, Deadline deadline) {
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(
                                  Sql::kReadSessions, Values().BigInt(Signed(user)), deadline));
  SessionSet set;
  for (const Row row : rows) {
    set.generation = row.BigInt("gen");
    if (HasSession(row)) set.sessions.push_back(SessionOf(row));
  }
  std::ranges::sort(set.sessions, {}, [](const auto& s) { return std::pair(s.create_time, s.id); });
  co_return set;
}

// The new session and what makes room for it, IF nobody made one meanwhile.
std::vector<SqlBound> CreationOf(const SessionRecord& session, const SessionSet& set,
                                 const std::vector<SessionId>& evicted) {
  const auto user = Signed(session.user);
  std::vector<SqlBound> batch;
  Values raise = Values().BigInt(set.generation.value_or(0) + 1).BigInt(user);
  set.generation ? raise.BigInt(*set.generation) : raise.Null();
  batch.push_back({Sql::kRaiseGeneration, std::move(raise)});
  batch.push_back({Sql::kPutSession, Values()
                                         .BigInt(user)
                                         .BigInt(Signed(session.id))
                                         .BigInt(Signed(session.counter))
                                         .Text(session.device_name)
                                         .Text(session.address)
                                         .Timestamp(session.create_time)
                                         .Timestamp(session.last_used_time)});
  for (const SessionId id : evicted) {
    batch.push_back({Sql::kEvictSession, Values().BigInt(user).BigInt(Signed(id))});
  }
  return batch;
}

std::vector<SessionId> Oldest(const SessionSet& set, std::size_t per_user_max) {
  std::vector<SessionId> ended;
  for (std::size_t i = 0; i + per_user_max < set.sessions.size() + 1; ++i) {
    ended.push_back(set.sessions[i].id);
  }
  return ended;
}

// Nothing where there never was such a session.
Task<std::optional<UserId>> OwnerOf(Db& db, SessionId id, Deadline deadline) {
  if (const auto known = db.session_owners.Find(id)) co_return *known;
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(Sql::kReadSessionOwner,
                                                           Values().BigInt(Signed(id)), deadline));
  if (rows.empty()) co_return std::optional<UserId>();
  const auto user = IdIn<UserId>(rows.front(), "user_id");
  db.session_owners.Put(id, user);
  co_return user;
}

Task<void> ClaimId(Db& db, SessionRecord session, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(
                 Sql::kClaimSessionOwner,
                 Values().BigInt(Signed(session.id)).BigInt(Signed(session.user)), deadline));
  if (!rows.Applied()) co_return IdTaken("session");
  db.session_owners.Put(session.id, session.user);
  co_return Result<>();
}

Task<void> DropSession(Db& db, SessionId id, Deadline deadline) {
  YAP_CO_TRY(const auto owner, co_await OwnerOf(db, id, deadline));
  if (!owner) co_return Result<>();
  YAP_CO_TRY_VOID(co_await db.session->Execute(
      Sql::kDropSession, Values().BigInt(Signed(*owner)).BigInt(Signed(id)), deadline));
  co_return Result<>();
}

// The session, unless it was refreshed since it was looked at: then nothing.
Task<SessionId> DropIdle(Db& db, SessionRecord session, Deadline deadline) {
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(Sql::kDropIdleSession,
                                                           Values()
                                                               .BigInt(Signed(session.user))
                                                               .BigInt(Signed(session.id))
                                                               .BigInt(Signed(session.counter)),
                                                           deadline));
  co_return rows.Applied() ? session.id : SessionId();
}

Task<std::vector<SessionId>> SweepPage(Db& db, drivers::Rows rows, WallTime idle_since,
                                       WallTime created_before, Deadline deadline) {
  std::vector<Task<SessionId>> todo;
  for (const Row row : rows) {
    if (!HasSession(row)) continue;
    SessionRecord session = SessionOf(row);
    const bool over = session.last_used_time < idle_since || session.create_time < created_before;
    if (over) todo.push_back(DropIdle(db, std::move(session), deadline));
  }
  YAP_CO_TRY(auto ended, co_await AwaitAllOk(std::move(todo), kParallelMax));
  std::erase(ended, SessionId());
  co_return ended;
}

}  // namespace

Task<std::vector<SessionId>> CreateSession(Db& db, SessionRecord session, std::size_t per_user_max,
                                           Deadline deadline) {
  YAP_CO_TRY_VOID(co_await ClaimId(db, session, deadline));
  for (int tries = 0; tries < kCreateTriesMax; ++tries) {
    YAP_CO_TRY(const auto set, co_await ReadSet(db, session.user, deadline));
    auto evicted = Oldest(set, per_user_max);
    YAP_CO_TRY(const auto rows,
               co_await db.session->Batch(CreationOf(session, set, evicted), deadline));
    if (rows.Applied()) co_return evicted;
  }
  co_return Fail(Errc::kUnavailable, reason::kStoreUnavailable,
                 "too many logins of this user at once; try again");
}

Task<SessionRecord> GetSession(Db& db, SessionId id, Deadline deadline) {
  YAP_CO_TRY(const auto owner, co_await OwnerOf(db, id, deadline));
  if (!owner) co_return SessionNotFound();
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(
                 Sql::kReadSession, Values().BigInt(Signed(*owner)).BigInt(Signed(id)), deadline));
  if (rows.empty() || !HasSession(rows.front())) co_return SessionNotFound();
  co_return SessionOf(rows.front());
}

Task<void> AdvanceSession(Db& db, SessionId id, std::uint64_t expected, WallTime used,
                          std::string address, Deadline deadline) {
  YAP_CO_TRY(const auto owner, co_await OwnerOf(db, id, deadline));
  if (!owner) co_return SessionNotFound();
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(Sql::kAdvanceSession,
                                                           Values()
                                                               .BigInt(Signed(expected + 1))
                                                               .Timestamp(used)
                                                               .Text(address)
                                                               .BigInt(Signed(*owner))
                                                               .BigInt(Signed(id))
                                                               .BigInt(Signed(expected)),
                                                           deadline));
  if (rows.Applied()) co_return Result<>();
  if (rows.empty() || !rows.front().Has("ctr")) co_return SessionNotFound();
  co_return CounterMoved();
}

Task<std::vector<SessionRecord>> ListSessions(Db& db, UserId user, Deadline deadline) {
  YAP_CO_TRY(auto set, co_await ReadSet(db, user, deadline));
  co_return std::move(set.sessions);
}

Task<void> DeleteSessions(Db& db, std::vector<SessionId> ids, Deadline deadline) {
  std::vector<Task<void>> todo;
  for (const SessionId id : ids) todo.push_back(DropSession(db, id, deadline));
  return AwaitAllOk(std::move(todo), kParallelMax);
}

Task<void> PutAccess(Db& db, AccessRecord access, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await db.session->Execute(Sql::kPutAccess,
                                               Values()
                                                   .Blob(access.token_hash)
                                                   .BigInt(Signed(access.session))
                                                   .BigInt(Signed(access.user))
                                                   .Timestamp(access.expire_time),
                                               deadline));
  co_return Result<>();
}

// Tokens are not removed with their session: without it they are worth nothing.
Task<AccessRecord> FindAccess(Db& db, Digest token_hash, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(Sql::kReadAccess, Values().Blob(token_hash), deadline));
  if (rows.empty()) co_return AccessNotFound();
  const AccessRecord access{.token_hash = token_hash,
                            .session = IdIn<SessionId>(rows.front(), "session_id"),
                            .user = IdIn<UserId>(rows.front(), "user_id"),
                            .expire_time = TimeIn(rows.front(), "expires")};
  const auto session = co_await GetSession(db, access.session, deadline);
  if (!session && session.error().code == Errc::kNotFound) co_return AccessNotFound();
  YAP_CO_TRY_VOID(session);
  co_return access;
}

// Access tokens go by themselves (a TTL). Each call goes on where the last one stopped, and at the
// end of the table begins again.
Task<std::vector<SessionId>> Sweep(Db& db, WallTime, WallTime idle_since, WallTime created_before,
                                   Deadline deadline) {
  std::vector<SessionId> ended;
  std::string position = db.sweep_position.With([](const std::string& at) { return at; });
  for (std::size_t seen = 0; seen < kSweepScanMax && ended.size() + kSweepPage <= kSweepRowsMax;) {
    auto page = co_await db.session->Page(Sql::kScanSessions, Values(), kSweepPage,
                                          std::move(position), deadline);
    // A position is of no use to another version of the server: begin again.
    if (!page) db.sweep_position.With([](std::string& at) { at.clear(); });
    YAP_CO_TRY_VOID(page);
    YAP_CO_TRY(const auto some,
               co_await SweepPage(db, page->rows, idle_since, created_before, deadline));
    ended.insert(ended.end(), some.begin(), some.end());
    seen += kSweepPage;
    position = std::move(page->next);
    if (position.empty()) break;
  }
  db.sweep_position.With([&](std::string& at) { at = position; });
  co_return ended;
}

}  // namespace yap::store::scylla
