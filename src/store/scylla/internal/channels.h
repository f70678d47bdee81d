// store/scylla/internal/channels.h: the methods of ChannelStore, but for effects (pending.h). Each
// judges by projections only after EnsureProjected.
#pragma once

#include <string>
#include <vector>

#include "core/directory.h"
#include "store/scylla/internal/db.h"

namespace yap::store::scylla {

Task<core::ChannelCreation> CreateChannel(Db& db, core::ChannelRecord channel, Deadline deadline);
Task<core::ChannelRecord> GetChannel(Db& db, core::ChannelId id, Deadline deadline);
Task<core::ChannelRecord> FindChannel(Db& db, std::string name, Deadline deadline);
Task<std::vector<core::ChannelRecord>> ListPublic(Db& db, std::string prefix,
                                                  std::string after_name, std::size_t limit,
                                                  Deadline deadline);

// --- members.cc ---
Task<std::vector<core::JoinedRecord>> ListJoined(Db& db, core::UserId user, core::ChannelId after,
                                                 std::size_t limit, Deadline deadline);
Task<std::vector<core::MemberRecord>> ListMembers(Db& db, core::ChannelId channel,
                                                  std::string after_name, std::size_t limit,
                                                  Deadline deadline);
Task<core::MemberRecord> GetMember(Db& db, core::ChannelId channel, core::UserId user,
                                   Deadline deadline);
Task<core::ChannelAccess> GetAccess(Db& db, core::ChannelId channel, core::UserId user,
                                    Deadline deadline);
Task<core::ChannelSnapshot> LoadChannel(Db& db, core::ChannelId channel, Deadline deadline);

}  // namespace yap::store::scylla
