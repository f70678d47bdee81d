// core/revocations.h: the system log of ended sessions. Where streams and sessions live in
// different processes, the end of a session is an event in a log like any other, so that a gateway
// that missed it reads it (docs/cluster.md, "Revocation"). Nobody can name the log's channel.
#pragma once

#include <optional>
#include <vector>

#include "core/channels.h"
#include "core/envelope.h"

namespace yap::core {

// The log's channel. Ids of others are random; the store refuses one that is taken.
inline constexpr ChannelId kRevocationLog{1};
// Entries of one page, and how far back who has no cursor begins: far more sessions than end within
// the few seconds in which a token of an ended one may still be remembered somewhere.
inline constexpr std::size_t kRevocationPageMax = kReadPageMax;

struct RevocationPage {
  std::vector<SessionId> sessions;  // Oldest first.
  RevocationHead read;              // The last entry of this page.
  Seq head;                         // Equal to read.seq when there is no more. Linearizable.
};

// Makes the log where there is none. Idempotent.
Task<void> EnsureRevocationLog(ChannelStore& channels, Clock& clock, Deadline deadline);
// How far it goes; linearizable.
Task<RevocationHead> ReadRevocationHead(EventLog& log, Deadline deadline);
// The entries after `after`; without it, or where it is of another epoch, the newest page.
Task<RevocationPage> ReadRevocations(EventLog& log, std::optional<RevocationHead> after,
                                     Deadline deadline);

}  // namespace yap::core
