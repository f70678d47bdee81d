// store/scylla/internal/accounts.h: the methods of UserStore (users.cc) and SessionStore
// (sessions.cc). `db` outlives the coroutine.
#pragma once

#include <string>
#include <vector>

#include "core/directory.h"
#include "store/scylla/internal/db.h"

namespace yap::store::scylla {

// --- users.cc ---
Task<void> CreateUser(Db& db, core::UserRecord user, Deadline deadline);
Task<core::UserRecord> GetUser(Db& db, core::UserId id, Deadline deadline);
Task<core::UserRecord> FindUser(Db& db, std::string name, Deadline deadline);
Task<void> UpdateUser(Db& db, core::UserRecord user, Deadline deadline);
Task<std::vector<core::UserRecord>> ListUsers(Db& db, std::string after_name, std::size_t limit,
                                              Deadline deadline);
Task<void> CreateInvite(Db& db, core::InviteRecord invite, Deadline deadline);
Task<void> UseInvite(Db& db, Digest code_hash, WallTime now, Deadline deadline);
Task<void> ReturnInvite(Db& db, Digest code_hash, Deadline deadline);
Task<void> WithdrawInvite(Db& db, Digest code_hash, Deadline deadline);
Task<std::vector<core::InviteRecord>> ListInvites(Db& db, Deadline deadline);

// --- sessions.cc ---
Task<std::vector<core::SessionId>> CreateSession(Db& db, core::SessionRecord session,
                                                 std::size_t per_user_max, Deadline deadline);
Task<core::SessionRecord> GetSession(Db& db, core::SessionId id, Deadline deadline);
Task<void> AdvanceSession(Db& db, core::SessionId id, std::uint64_t expected, WallTime used,
                          std::string address, Deadline deadline);
Task<std::vector<core::SessionRecord>> ListSessions(Db& db, core::UserId user, Deadline deadline);
Task<void> DeleteSessions(Db& db, std::vector<core::SessionId> ids, Deadline deadline);
Task<void> PutAccess(Db& db, core::AccessRecord access, Deadline deadline);
Task<core::AccessRecord> FindAccess(Db& db, Digest token_hash, Deadline deadline);
Task<std::vector<core::SessionId>> Sweep(Db& db, WallTime now, WallTime idle_since,
                                         WallTime created_before, Deadline deadline);

}  // namespace yap::store::scylla
