// edge/limits.h: every bound of the edge, each with its reason. What an operator may want to change
// is data (Budgets); what only memory and fairness depend on is constant.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace yap::edge {

// A chat message is at most 16 KiB; four times that leaves room for every request we have.
inline constexpr std::size_t kMessageBytesMax = std::size_t{64} * 1024;
// Nobody waits longer for one answer, and what waits holds memory.
inline constexpr Duration kUnaryDeadlineMax = std::chrono::seconds(30);

// What one connection may write per pass: long enough that a flush is mostly payload, short enough
// that the other connections of the thread wait less than 100 µs for it. It also bounds what is
// copied for a connection whose socket is full.
inline constexpr std::size_t kPassBytesMax = std::size_t{128} * 1024;
// Connections that write before the thread looks at what else is ready. Few: what is published goes
// before what is written, so that under load each write carries more. Not fewer: 8 sends in a row
// cost less than twice 4 (docs/performance.md).
inline constexpr std::size_t kPassFlushesMax = 8;
// A share below this is copied: 3.6 ns per 256 B against 30–50 ns per iovec.
inline constexpr std::size_t kShareBytesMin = 512;
// Ranges of one writev, IOV_MAX (1,024) less what one DATA frame in the smallest shares can add: a
// pass ends before a frame that might not fit.
inline constexpr std::size_t kIovecsMax = 900;
// One read from a socket, into a buffer of the thread: two DATA frames of the largest size, twice.
inline constexpr std::size_t kReadBytesMax = std::size_t{64} * 1024;
// Reads in a row from one connection before the others have their turn.
inline constexpr int kReadsPerTurnMax = 4;
// Receive window of one call (SETTINGS_INITIAL_WINDOW_SIZE): one message of the largest size with
// its prefix arrives without a WINDOW_UPDATE in between.
inline constexpr std::uint32_t kStreamWindowBytes = 80 * 1024;
// Receive window of a connection. What it lets in is bounded by kUnreadBytesMax, not by the window.
inline constexpr std::int32_t kConnectionWindowBytes = 1024 * 1024;
// A call's own write buffer; Write waits while it is fuller. One message always fits.
inline constexpr std::size_t kWriteBufferBytesMax = std::size_t{64} * 1024;
// Request bytes that wait for handlers, per connection; more answers RESOURCE_EXHAUSTED. 32
// messages of the largest size.
inline constexpr std::size_t kUnreadBytesMax = std::size_t{2} * 1024 * 1024;
// Lag lives in the shared log, not in the kernel: see tcp(7), SO_SNDBUF and TCP_NOTSENT_LOWAT.
inline constexpr int kSendBufferBytes = 128 * 1024;
inline constexpr int kNotSentLowWaterBytes = 64 * 1024;
inline constexpr int kListenBacklog = 1024;
// HPACK rings that have pages of their own (edge/session_memory.h), per thread, 1 KiB of address
// space each: two per connection, for more than connections_max. Beyond it they are malloc's.
inline constexpr std::size_t kColdRingsMax = std::size_t{64} * 1024;
// Connections taken per wake-up of a listener, so that a storm does not starve its thread.
inline constexpr int kAcceptsPerTurnMax = 64;
// After GOAWAY we read and drop, so that the reset of unread bytes does not overtake it.
inline constexpr Duration kLingerTime = std::chrono::seconds(1);
inline constexpr std::size_t kLingerBytesMax = std::size_t{1024} * 1024;
// Log lines about violations, per process: a flood must not fill the disk.
inline constexpr double kViolationLogLinesPerSecond = 5;

// A DATA frame of so few bytes is work for nothing, unless it is one of the few that an honest
// request is cut into; of what calls did not use, so much is kept for later ones.
inline constexpr std::uint32_t kSmallDataBytes = 256;
inline constexpr std::uint64_t kSmallDataPerStream = 4;
inline constexpr std::uint64_t kSmallDataMax = 100 * kSmallDataPerStream;

// A token bucket: `burst` at once, `per_second` in the long run. burst 0 = no limit.
struct Rate {
  double per_second = 0;
  double burst = 0;
};

// What one connection may do. A violation ends it with GOAWAY ENHANCE_YOUR_CALM, one count in
// yap_edge_violations_total{kind} and one log line without payload.
struct Budgets {
  // Names + values + 32 each, as HTTP/2 counts. More: the call is answered RESOURCE_EXHAUSTED.
  std::size_t metadata_bytes_max = std::size_t{8} * 1024;
  // Of one header block with its CONTINUATIONs, on the wire and unpacked. More: violation. Above
  // metadata_bytes_max so that honest excess gets an answer, and no more so that unpacking stays
  // cheap (CVE-2023-33953, CVE-2024-28182).
  std::size_t header_block_bytes_max = std::size_t{16} * 1024;
  // Concurrent calls; told to the client in SETTINGS.
  std::uint32_t streams_max = 100;
  // New streams. One that carried a served RPC gives its token back, so honest unary traffic is not
  // limited by it; one that was refused as UNAUTHENTICATED does not.
  Rate opens{50, 200};
  // RST_STREAM received and sent (CVE-2023-44487 rapid reset, CVE-2025-8671 MadeYouReset).
  Rate resets{20, 200};
  // PING, SETTINGS, empty DATA, more small DATA than kSmallDataPerStream, PRIORITY, unknown frames.
  // The bucket is full again whenever we send DATA or HEADERS: stock clients send a PING per batch
  // of DATA to estimate bandwidth.
  Rate controls{20, 200};
  // WINDOW_UPDATE, on top of what each DATA frame that we send and each stream that is opened
  // earns: stock clients open the window of a stream that is refused, too.
  Rate window_updates{20, 200};
  double window_updates_earned = 4;
  // TLS handshake (and PROXY header); then the first complete request header, both from accept.
  Duration handshake_timeout = std::chrono::seconds(10);
  Duration first_request_timeout = std::chrono::seconds(10);
  // Bytes wait and the kernel takes none: the reader is gone or stuck. Resumable elsewhere. A call
  // whose written messages wait as long for the client's window is ended UNAVAILABLE.
  Duration write_stall_timeout = std::chrono::seconds(30);
  // Memory of messages that are written and wait for the client to take them, of all its calls: a
  // dozen pages of history of the largest size. A call whose message does not fit is ended
  // UNAVAILABLE, which says neither that its work was done nor that it was not.
  std::size_t unsent_bytes_max = std::size_t{4} * 1024 * 1024;
  // Silence after which we ask, and how long the answer may take.
  Duration keepalive_interval = std::chrono::seconds(30);
  Duration keepalive_timeout = std::chrono::seconds(10);
  // A connection grows old (± age_jitter of it), is told so, and has age_grace to finish: load
  // spreads over new processes, and certificates and policies are looked at again. 0 = never.
  Duration age_max = std::chrono::minutes(30);
  double age_jitter = 0.1;
  Duration age_grace = std::chrono::seconds(30);
  // Per client address (/64 for IPv6), and for the listener. 0 = no limit.
  std::size_t connections_per_address_max = 20;
  std::size_t connections_max = 20'000;

  // For the internal port: peers have proved who they are and multiplex many users.
  static Budgets Internal();
};

}  // namespace yap::edge
