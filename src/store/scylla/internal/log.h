// store/scylla/internal/log.h: reading and writing logs. Private to the adapter. Each function is
// the port's method of the same name, or what they share; `db` outlives the coroutine.
#pragma once

#include <optional>
#include <vector>

#include "core/event_log.h"
#include "store/scylla/internal/db.h"

namespace yap::store::scylla {

// LOCAL_QUORUM sees everything that was answered; LOCAL_SERIAL also decides what is under way.
enum class Freshness : std::uint8_t { kQuorum, kSerial };

// --- log.cc ---
// The newest head of the log; all zero for an empty one.
Task<LogHead> FindHead(Db& db, core::ChannelId channel, Freshness freshness, Deadline deadline);
Task<core::Head> ReadHead(Db& db, core::ChannelId channel, Deadline deadline);
Task<core::EventPage> Read(Db& db, core::ChannelId channel, core::Seq after, std::size_t limit,
                           Deadline deadline);
// Events (after, last], cut by `limit` and kReadPageBytesMax; at least one. Errors besides:
// Unavailable "LOG_HOLE" where one is missing. REQUIRES: after < last <= the head.
Task<std::vector<core::EventPtr>> ReadRange(Db& db, core::ChannelId channel, core::Seq after,
                                            core::Seq last, std::size_t limit, Deadline deadline);
Task<std::optional<core::KeyMatch>> FindKey(Db& db, core::ChannelId channel, core::UserId user,
                                            core::ClientKey key, core::Seq since,
                                            Deadline deadline);
// The key in the buckets [first, last], the newest first.
Task<std::optional<StoredKey>> LookUp(Db& db, core::ChannelId channel, std::string key,
                                      std::int32_t first, std::int32_t last, Deadline deadline);

// --- append.cc ---
Task<std::vector<core::Appended>> Append(Db& db, core::ChannelId channel,
                                         std::vector<core::Draft> drafts, core::Seq expected_head,
                                         Deadline deadline);

}  // namespace yap::store::scylla
