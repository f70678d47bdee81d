#include "core/limits.h"
#include "store/errors.h"
#include "store/sqlite/internal/queries.h"
#include "store/store.h"

namespace yap::store::sqlite {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

namespace {

// Continued by a WHERE; the columns of SessionOf.
#define YAP_SELECT_SESSION                                                          \
  "SELECT id, user_id, device_name, address, create_time, last_used_time, counter " \
  "FROM session "

SessionRecord SessionOf(const Statement& row) {
  return {.id = row.Number<SessionId>(0),
          .user = row.Number<UserId>(1),
          .device_name = row.Text(2),
          .address = row.Text(3),
          .create_time = row.Time(4),
          .last_used_time = row.Time(5),
          .counter = row.Uint(6)};
}

std::vector<SessionId> IdsOf(Statement& row) {
  std::vector<SessionId> ids;
  while (row.Step()) ids.push_back(row.Number<SessionId>(0));
  return ids;
}

// The user's oldest sessions beyond the newest `keep`.
std::vector<SessionId> BeyondNewest(Db& db, UserId user, std::size_t keep) {
  Statement row = db.sql.Prepare(
      "SELECT id FROM session WHERE user_id = ?1 ORDER BY create_time, id "
      "LIMIT max(0, (SELECT count(*) FROM session WHERE user_id = ?1) - ?2)");
  row.Bind(user, static_cast<std::uint64_t>(keep));
  return IdsOf(row);
}

}  // namespace

Result<std::vector<SessionId>> CreateSession(Db& db, const SessionRecord& session,
                                             std::size_t per_user_max) {
  if (GetSession(db, session.id)) return IdTaken("session");
  const std::vector<SessionId> ended = BeyondNewest(db, session.user, per_user_max - 1);
  DeleteSessions(db, ended);
  db.sql
      .Prepare(
          "INSERT INTO session (id, user_id, device_name, address, create_time, "
          "last_used_time, counter) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(session.id, session.user, session.device_name, session.address, session.create_time,
            session.last_used_time, session.counter)
      .Run();
  return ended;
}

Result<SessionRecord> GetSession(Db& db, SessionId id) {
  Statement row = db.sql.Prepare(YAP_SELECT_SESSION "WHERE id = ?");
  if (!row.Bind(id).Step()) return SessionNotFound();
  return SessionOf(row);
}

Result<> AdvanceSession(Db& db, SessionId id, std::uint64_t expected, WallTime used,
                        const std::string& address) {
  const int changed = db.sql
                          .Prepare(
                              "UPDATE session SET counter = counter + 1, last_used_time = ?, "
                              "address = ? WHERE id = ? AND counter = ?")
                          .Bind(used, address, id, expected)
                          .Run();
  if (changed == 1) return {};
  if (GetSession(db, id)) return CounterMoved();
  return SessionNotFound();
}

std::vector<SessionRecord> ListSessions(Db& db, UserId user) {
  std::vector<SessionRecord> out;
  Statement row = db.sql.Prepare(YAP_SELECT_SESSION "WHERE user_id = ? ORDER BY create_time, id");
  row.Bind(user);
  while (row.Step()) out.push_back(SessionOf(row));
  return out;
}

#undef YAP_SELECT_SESSION

void DeleteSessions(Db& db, const std::vector<SessionId>& ids) {
  for (const SessionId id : ids) {
    db.sql.Prepare("DELETE FROM access WHERE session_id = ?").Bind(id).Run();
    db.sql.Prepare("DELETE FROM session WHERE id = ?").Bind(id).Run();
  }
}

// A session that is gone never comes back, so what would hang on it is not stored at all.
void PutAccess(Db& db, const AccessRecord& access) {
  if (!GetSession(db, access.session)) return;
  db.sql
      .Prepare(
          "INSERT OR REPLACE INTO access (token_hash, session_id, user_id, expire_time) "
          "VALUES (?, ?, ?, ?)")
      .Bind(access.token_hash, access.session, access.user, access.expire_time)
      .Run();
  db.sql
      .Prepare(
          "DELETE FROM access WHERE token_hash IN (SELECT token_hash FROM access "
          "WHERE session_id = ? AND token_hash <> ? "
          "ORDER BY expire_time DESC, token_hash LIMIT -1 OFFSET ?)")
      .Bind(access.session, access.token_hash, std::uint64_t{kAccessTokensPerSessionMax - 1})
      .Run();
}

Result<AccessRecord> FindAccess(Db& db, const Digest& token_hash) {
  Statement row = db.sql.Prepare(
      "SELECT token_hash, session_id, user_id, expire_time FROM access WHERE token_hash = ?");
  if (!row.Bind(token_hash).Step()) return AccessNotFound();
  return AccessRecord{.token_hash = row.Fixed<32>(0),
                      .session = row.Number<SessionId>(1),
                      .user = row.Number<UserId>(2),
                      .expire_time = row.Time(3)};
}

std::vector<SessionId> Sweep(Db& db, WallTime now, WallTime idle_since, WallTime created_before) {
  constexpr std::uint64_t kRows = kSweepRowsMax;
  db.sql
      .Prepare(
          "DELETE FROM access WHERE token_hash IN "
          "(SELECT token_hash FROM access WHERE expire_time < ? LIMIT ?)")
      .Bind(now, kRows)
      .Run();
  std::vector<SessionId> ended;
  {
    Statement row = db.sql.Prepare(
        "SELECT id FROM session WHERE last_used_time < ?1 "
        "UNION SELECT id FROM session WHERE create_time < ?2 LIMIT ?3");
    row.Bind(idle_since, created_before, kRows);
    ended = IdsOf(row);
  }
  DeleteSessions(db, ended);
  return ended;
}

}  // namespace yap::store::sqlite
