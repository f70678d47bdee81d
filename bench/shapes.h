// bench/shapes.h: the shapes that only yap has, since they ask for what is kept: a long log, a
// crowd that comes back, readers that cannot follow. Through the public API; every delivery is
// checked. Errors of all: those of RunLoad.
#pragma once

#include <netinet/in.h>

#include "bench/load.h"
#include "bench/yap_protocol.h"

namespace yap::bench {

struct YapTarget {
  sockaddr_in server{};
  std::vector<WatchedProcess> processes;
};

// One channel, filled; then read from its beginning by somebody who was away.
struct BacklogOptions {
  std::uint64_t events = 200'000;
  std::size_t message_bytes = 128;
  // Subscribe, or ListEvents page by page.
  enum class By : std::uint8_t { kStream, kPages } by = By::kStream;
};
// The measures: fill_messages_per_second; events_per_second; server_cpu_ns_per_event;
// server_memory_bytes: what reading added to the resident set at its highest; page_p50_us and
// page_p99_us of pages; and those of CoresOf over the reading.
Result<Report> RunBacklog(YapSystem& system, const YapTarget& target,
                          const BacklogOptions& options);

// Subscribers all lose their connection, miss messages, and come back at once.
struct StormOptions {
  std::size_t channels = 50;
  std::size_t subscribers = 100;  // Of each channel.
  std::uint64_t missed = 100;     // Messages of each channel.
  std::size_t message_bytes = 128;
  sockaddr_in metrics{};  // Where the server shows its metrics.
};
// The measures: caught_up_seconds, from the first connect until every subscriber has everything;
// store_reads_per_channel; connect_cpu_us of the server for each that came; and those of CoresOf.
Result<Report> RunStorm(YapSystem& system, const YapTarget& target, const StormOptions& options);

// One channel by the clock; in every other window one subscriber stops reading and one reads
// slowly. After each such window both read on until they have everything.
struct SlowOptions {
  std::size_t subscribers = 1000;
  // The kernel's buffers on the way to who stopped are full after about 200 KiB, and the room log
  // is full after 1 MiB: a window has to bring more than the first.
  std::size_t message_bytes = 2048;
  double messages_per_second = 80;
  std::size_t alternations = 5;
  Duration window = std::chrono::seconds(5);
  std::size_t slow_bytes_per_second = 16 * 1024;  // A tenth of what comes.
};
// The measures, of the subscribers that read: p99_alone_us and p99_beside_us, their ratio
// p99_beside_to_alone, samples (deliveries timed of either kind); server_memory_bytes: the most
// that a window with the two had over the window before; behind_messages: by how many the one that
// stopped was behind at the end of the last window; and those of CoresOf over all windows.
Result<Report> RunSlow(YapSystem& system, const YapTarget& target, const SlowOptions& options);

}  // namespace yap::bench
