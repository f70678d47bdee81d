// bus/pulsar/limits.h: the bounds of the bus on Apache Pulsar, with their reasons.
// docs/limits.md is made from it: one constant a line, its comment above it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace yap::bus::pulsar {

// --- The bus on Pulsar: envelopes ---
// Bytes of one envelope: what one append may hold (256 KiB of text) with all around it, twice. A
// larger one is sent without its events, which the gateways then read.
inline constexpr std::size_t kEnvelopeBytesMax = 512 * 1024;
// Events of one envelope: an append has 64, a repeated one is a page.
inline constexpr std::size_t kEnvelopeEventsMax = 1024;
// Heads of one envelope: 24 bytes each.
inline constexpr std::size_t kEnvelopeHeadsMax = 1024;

// --- The bus on Pulsar: publishing ---
// Topics: more than gateways and brokers need to share the work; each costs a producer per
// chat-service, a subscription per gateway and a heartbeat a second.
inline constexpr std::uint32_t kTopicsMax = 64;
// Envelopes that wait for the bus's thread; from more, heads are kept instead of events.
inline constexpr std::size_t kQueuedEnvelopesMax = 10'000;
// The same in bytes, about.
inline constexpr std::size_t kQueuedBytesMax = std::size_t{32} * 1024 * 1024;
// Bytes of one topic that may wait for receipts, eight of the largest envelopes; from more, heads
// are kept.
inline constexpr std::uint32_t kUnconfirmedBytesMax = 4U * 1024 * 1024;
// Channels of one topic whose head is still to be told. A channel beyond it is found by a sweep.
inline constexpr std::size_t kHeadsWaitingMax = 10'000;
// How long a message may wait for its receipt: a broker that is well answers in milliseconds, and a
// topic that moves to another broker is back within a second.
inline constexpr auto kReceiptLimit = std::chrono::seconds(4);
// A producer that got no receipt for so long, while it sent, is opened anew.
inline constexpr auto kReceiptSilenceMax = std::chrono::seconds(10);
// Heads are told again after so long.
inline constexpr auto kHeadsPause = std::chrono::milliseconds(500);

// --- The bus on Pulsar: connections ---
// Pause before the second attempt to connect, to open a producer or a consumer; doubled each time.
inline constexpr auto kRetryPauseFirst = std::chrono::milliseconds(100);
// The longest such pause: the bus is back soon after its broker is.
inline constexpr auto kRetryPauseMax = std::chrono::seconds(2);
// One attempt to connect or to open.
inline constexpr auto kOpenLimit = std::chrono::seconds(10);
// Attempts in a row that may fail on one connection before a new one is made.
inline constexpr int kOpenFailuresMax = 5;
// A failure that goes on is logged so often.
inline constexpr auto kFailureLogPause = std::chrono::seconds(30);

// --- The bus on Pulsar: consuming ---
// Messages are acknowledged so often: an acknowledgement only keeps the broker's backlog short.
inline constexpr auto kAckPause = std::chrono::seconds(1);
// Messages of one topic that wait for the bus's thread. On non-persistent topics a longer burst is
// dropped by the broker.
inline constexpr std::uint32_t kConsumerCredits = 1'000;

}  // namespace yap::bus::pulsar
