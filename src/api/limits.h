// api/limits.h: every bound of forwarding, of what a gateway asks by itself and of reflection, with
// its reason.
// docs/limits.md is made from it: one constant a line, its comment above it.
#pragma once

#include <chrono>
#include <cstddef>

namespace yap::api {

// --- Calls to chat-services ---
// Replicas that an idempotent call is tried on: the second is enough when one has just died.
inline constexpr int kUpstreamTriesMax = 2;
// Calls under way to one chat-service; more are RESOURCE_EXHAUSTED "QUEUE_FULL".
inline constexpr std::size_t kUpstreamCallsMax = 10'000;
// Bytes of one answer: a page of 1,000 events and the journal of 65,536 channels fit.
inline constexpr int kUpstreamMessageBytesMax = 8 * 1024 * 1024;
// How long one attempt to connect may take, TLS included: a service that is busy is not yet gone.
inline constexpr int kUpstreamConnectMs = 1'000;
// Names of channels whose id is remembered for routing.
inline constexpr std::size_t kRouteNamesMax = 100'000;
// Heads of one question; what gathers meanwhile is the next one.
inline constexpr std::size_t kHeadsPerQuestionMax = 256;

// --- Replicas ---
// Chat-services of one cluster, all addresses of all names: each is asked for its health.
inline constexpr std::size_t kReplicasMax = 64;
// How often each is asked; a failed one is noticed within it.
inline constexpr auto kProbeInterval = std::chrono::seconds(1);
// … and one that failed is asked more often, so that a restart is over sooner.
inline constexpr auto kProbeIntervalLost = std::chrono::milliseconds(250);
// How long the answer may take, and how many late ones in a row make it lost.
inline constexpr auto kProbeTimeout = std::chrono::seconds(1);
inline constexpr int kProbesLateMax = 2;
// When it is told that one is not there, first and again: after a start of the whole cluster, and
// seldom enough for a log.
inline constexpr auto kAbsenceToldAfter = std::chrono::seconds(5);
inline constexpr auto kAbsenceToldEvery = std::chrono::seconds(60);
// How often names of chat-services are resolved again.
inline constexpr auto kResolveInterval = std::chrono::seconds(5);

// --- Ended sessions ---
// How often a gateway asks for them: half of what is left of C10's 2 s.
inline constexpr auto kRevocationInterval = std::chrono::milliseconds(500);
// How long one answer may take.
inline constexpr auto kRevocationTimeout = std::chrono::seconds(1);
// Nothing is flushed to clients while the last check was asked for longer ago (C10).
inline constexpr auto kRevocationAgeMax = std::chrono::seconds(2);

// --- Sweeps ---
// In health …
inline constexpr auto kSweepInterval = std::chrono::seconds(30);
// … and for kSweepAlarm after anything looked suspect.
inline constexpr auto kSweepIntervalAlarmed = std::chrono::seconds(1);
inline constexpr auto kSweepAlarm = std::chrono::seconds(60);
// How long one answer may take.
inline constexpr auto kSweepTimeout = std::chrono::seconds(1);
// How often the bus is judged by what it brought.
inline constexpr auto kBusWatchInterval = std::chrono::milliseconds(100);

// --- Reflection ---
// Requests of one stream: a tool asks once per service and once per file, of which there are about
// thirty.
inline constexpr int kReflectionRequestsMax = 200;

}  // namespace yap::api
