// hub/limits.h: every bound of the broadcast that is not an option (hub.h), with its reason.
// docs/limits.md is made from it: one constant a line, its comment above it.
#pragma once

#include <chrono>
#include <cstddef>

namespace yap::hub {

// --- Room logs ---
// Bytes of a segment: large enough that a flush is one range, small enough that the tail is dropped
// in small steps.
inline constexpr std::size_t kSegmentBytesMax = 64 * 1024;
// Bytes of a room's first segment: most rooms say little; each next one is twice as large.
inline constexpr std::size_t kSegmentBytesFirst = 1024;
// Bytes of messages per index entry of a segment: a framed event is hardly ever shorter.
inline constexpr std::size_t kSegmentBytesPerEntry = 64;
// A tail is at least this many segments, so that dropping one leaves most of it.
inline constexpr std::size_t kSegmentsPerTail = 4;
// Events that a new room log reads before its first reader's head: who reconnects after a restart
// is rarely further behind, and so costs no read of its own.
inline constexpr std::size_t kPrimeEvents = 100;
// Events from the bus that wait for a hole before them to be read; more are read from the store.
inline constexpr std::size_t kEarlyEventsMax = 256;
// Events from the bus that wait for one I/O thread; more are dropped and the heads compared.
inline constexpr std::size_t kArrivalsMax = 16 * 1024;

// --- Reading the store ---
// Encoded pages held for slow readers, process-wide; the next page is not read before one is gone.
inline constexpr std::size_t kPagesBytesMax = 64 * 1024 * 1024;
// How often a read that waits for that looks again.
inline constexpr auto kPagesBytesPause = std::chrono::milliseconds(50);
// Pages one stream may have asked for or hold at once.
inline constexpr std::size_t kPagesPerSubscriber = 2;
// A page that nobody took from for this many ticks (heartbeat_interval / kHeartbeatSlots) is
// dropped and read again when it is wanted …
inline constexpr unsigned kPageIdleTicks = 2;
// … and so is one that is this old: who takes a byte now and then would hold it for ever.
inline constexpr unsigned kPageTicksMax = 10;
// Bound of one read: beyond it another attempt is more likely to succeed.
inline constexpr auto kReadTimeout = std::chrono::seconds(5);
// Pause before the second attempt of a failed read, doubled up to the maximum, with full jitter.
inline constexpr auto kRetryPauseFirst = std::chrono::milliseconds(100);
inline constexpr auto kRetryPauseMax = std::chrono::seconds(5);
// Heads read at once by the sweep of one I/O thread: it must not push aside what readers wait for.
inline constexpr std::size_t kSweepReadsMax = 8;
// How long heads are compared every sweep_interval_alarmed once the bus is suspect.
inline constexpr auto kSuspectFor = std::chrono::seconds(60);

// --- Streams ---
// Bytes of one channel before the next one of the same stream has its turn.
inline constexpr std::size_t kTurnBytes = 16 * 1024;
// Streams that are woken before the woken write: as many as write in one pass of the edge, while
// the cache still holds what the wake has touched.
inline constexpr std::size_t kWakesPerTurn = 8;
// Heartbeats are spread over this many ticks of an interval.
inline constexpr std::size_t kHeartbeatSlots = 20;
// What yap.v1 promises of Reconnect.after: long enough to spread the streams of a connection.
inline constexpr auto kReconnectAfterMax = std::chrono::seconds(10);
// How long a thread remembers a session that ended: a subscription that was authorised just before
// must not slip in after.
inline constexpr auto kEndedSessionsKept = std::chrono::seconds(30);

}  // namespace yap::hub
