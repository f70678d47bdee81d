// store/scylla/internal/pending.h: which channels have events whose effects (core/projection.h) may
// not be in their inboxes yet. A mark is set before the events are appended and lifted when their
// effects are done, so the marks are a superset; each is checked against the log before it is told.
#pragma once

#include <vector>

#include "store/scylla/internal/db.h"

namespace yap::store::scylla {

// `seq`: of the newest event with effects, where the append will succeed.
Task<void> MarkPending(Db& db, core::ChannelId channel, core::Seq seq, Deadline deadline);

Task<std::vector<core::ChannelId>> ListPendingEffects(Db& db, std::size_t limit, Deadline deadline);
Task<void> MarkEffectsDone(Db& db, core::ChannelId channel, core::Seq seq, Deadline deadline);

}  // namespace yap::store::scylla
