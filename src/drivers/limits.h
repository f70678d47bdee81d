// drivers/limits.h: the bounds of the drivers, with their reasons. Those of one call are the ABI's,
// in yapdrivers/yapdrivers.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace yap::drivers {

using namespace std::chrono_literals;  // NOLINT: literals only.

// Threads of the runtime: one is enough for two cores (it does what is done per request and leaves
// 40,000 Pulsar messages a 1.5 s of CPU).
inline constexpr std::uint32_t kRuntimeThreads = 1;
// How long the end of the runtime may take; 1,200 requests in flight take 8 ms.
inline constexpr auto kShutdownMax = 5s;
// Payload of a message on the bus: the largest event with its envelope fits many times, and stays
// far under the 5 MiB at which a broker refuses.
inline constexpr std::size_t kPayloadBytesMax = 1024 * 1024;
// Messages of a producer without the broker's receipt: half a second at 20,000 a second.
inline constexpr std::uint32_t kPendingMessagesMax = 10'000;
// The same in bytes.
inline constexpr std::uint32_t kPendingBytesMax = 32 * 1024 * 1024;
// Messages of a consumer that wait for its handler.
inline constexpr std::uint32_t kConsumerCredits = 1'000;

}  // namespace yap::drivers
