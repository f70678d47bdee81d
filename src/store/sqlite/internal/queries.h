// store/sqlite/internal/queries.h: the ports' methods over one connection, inside a transaction
// that the caller ends. Private to the adapter. Each is the port's method of the same name without
// its deadline; all throw SqliteError beside the errors of the port. Those that write check first
// and change after, so that an error leaves nothing behind.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/directory.h"
#include "core/event_log.h"
#include "store/sqlite/internal/jobs.h"

namespace yap::store::sqlite {

// --- event_log.cc ---
Result<std::vector<core::Appended>> Append(Db& db, core::ChannelId channel,
                                           const std::vector<core::Draft>& drafts,
                                           core::Seq expected_head);
core::EventPage Read(Db& db, core::ChannelId channel, core::Seq after, std::size_t limit);
core::Head ReadHead(Db& db, core::ChannelId channel);
std::optional<core::KeyMatch> FindKey(Db& db, core::ChannelId channel, core::UserId user,
                                      const core::ClientKey& key);

// --- projections.cc ---
// Writes what `event`, which is being appended, means for the tables.
void Project(Db& db, const core::Event& event);

// --- users.cc ---
Result<> CreateUser(Db& db, const core::UserRecord& user);
Result<core::UserRecord> GetUser(Db& db, core::UserId id);
Result<core::UserRecord> FindUser(Db& db, const std::string& name);
Result<> UpdateUser(Db& db, const core::UserRecord& user);
std::vector<core::UserRecord> ListUsers(Db& db, const std::string& after_name, std::size_t limit);
Result<> CreateInvite(Db& db, const core::InviteRecord& invite);
Result<> UseInvite(Db& db, const Digest& code_hash, WallTime now);
void ReturnInvite(Db& db, const Digest& code_hash);
Result<> WithdrawInvite(Db& db, const Digest& code_hash);
std::vector<core::InviteRecord> ListInvites(Db& db);

// --- sessions.cc ---
Result<std::vector<core::SessionId>> CreateSession(Db& db, const core::SessionRecord& session,
                                                   std::size_t per_user_max);
Result<core::SessionRecord> GetSession(Db& db, core::SessionId id);
Result<> AdvanceSession(Db& db, core::SessionId id, std::uint64_t expected, WallTime used,
                        const std::string& address);
std::vector<core::SessionRecord> ListSessions(Db& db, core::UserId user);
void DeleteSessions(Db& db, const std::vector<core::SessionId>& ids);
void PutAccess(Db& db, const core::AccessRecord& access);
Result<core::AccessRecord> FindAccess(Db& db, const Digest& token_hash);
std::vector<core::SessionId> Sweep(Db& db, WallTime now, WallTime idle_since,
                                   WallTime created_before);

// --- channels.cc ---
Result<core::ChannelCreation> CreateChannel(Db& db, const core::ChannelRecord& channel);
Result<core::ChannelRecord> GetChannel(Db& db, core::ChannelId id);
Result<core::ChannelRecord> FindChannel(Db& db, const std::string& name);
std::vector<core::ChannelRecord> ListPublic(Db& db, const std::string& prefix,
                                            const std::string& after_name, std::size_t limit);
std::vector<core::JoinedRecord> ListJoined(Db& db, core::UserId user, core::ChannelId after,
                                           std::size_t limit);
std::vector<core::MemberRecord> ListMembers(Db& db, core::ChannelId channel,
                                            const std::string& after_name, std::size_t limit);
core::MemberRecord GetMember(Db& db, core::ChannelId channel, core::UserId user);
Result<core::ChannelAccess> GetAccess(Db& db, core::ChannelId channel, core::UserId user);
Result<core::ChannelSnapshot> LoadChannel(Db& db, core::ChannelId channel);
std::vector<core::ChannelId> ListPendingEffects(Db& db, std::size_t limit);
Result<> MarkEffectsDone(Db& db, core::ChannelId channel, core::Seq seq);

}  // namespace yap::store::sqlite
