// store/scylla/internal/projector.h: from the log to the tables that answer questions about
// channels: members, a user's channels, topics, the list of public channels, read positions.
//
// Each projection is a plain write with the event's seq as its timestamp, so of two writes to a
// cell that of the newer event stays, whoever writes it and however often. Rows say what the newest
// event about them says ("is no member" too); none is ever deleted. When all projections up to an
// event are written, the channel's checkpoint says so. The head of a log names the newest event
// that has any (LogHead::changed): where that is beyond the checkpoint, somebody died in between,
// and whoever finds it reads those events and writes their projections before going on.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/directory.h"
#include "store/scylla/internal/db.h"

namespace yap::store::scylla {

// The row of `channel_state`; what is missing was never changed.
struct ChannelState {
  std::optional<std::string> topic;
  std::optional<core::ChannelKind> kind;
  core::Seq checkpoint;
  core::Seq effects_done;
};
Task<ChannelState> ReadState(Db& db, core::ChannelId channel, Deadline deadline);

// Of a channel that was created. Errors besides: NotFound "CHANNEL_NOT_FOUND".
Task<IdentityPtr> Identify(Db& db, core::ChannelId channel, Deadline deadline);

// Returns when all projections up to `changed` are written, by whomever.
Task<void> EnsureProjected(Db& db, core::ChannelId channel, core::Seq changed, Deadline deadline);

// The projections of events that were just appended. REQUIRES: those before them are written.
Task<void> ProjectAppended(Db& db, core::ChannelId channel, std::vector<core::EventPtr> events,
                           core::Seq changed, Deadline deadline);

// Rows of `member`.
struct MemberRow {
  core::MemberRecord record;
  core::Seq seq;  // Of the event that it says.
};
MemberRow DecodeMember(const drivers::Row& row);

}  // namespace yap::store::scylla
