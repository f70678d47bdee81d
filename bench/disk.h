// bench/disk.h: what a disk leaves to whoever acknowledges messages that it holds: no server, only
// a file that grows and is synced.
#pragma once

#include <string>

#include "bench/load.h"

namespace yap::bench {

struct DiskOptions {
  std::string folder;
  std::size_t in_flight = 1;  // Messages of one write and one fdatasync: all that wait.
  std::size_t message_bytes = 128;
  Duration window = std::chrono::seconds(5);
};

// The measures: acknowledgements_per_second; ack_p50_us and ack_p99_us of a write with its sync;
// and those of CoresOf. Errors: Unavailable (the file cannot be made, written or synced).
Result<Report> RunDisk(const DiskOptions& options);

}  // namespace yap::bench
