// bench/usage.h: what processes and the machine have used so far, from /proc and their CPU clocks.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace yap::bench {

// What a run found: names as bench/bounds.toml has them, in the order in which to show them.
using Measures = std::vector<std::pair<std::string, double>>;

// A server, or a part of one.
struct WatchedProcess {
  std::string name;
  pid_t pid = 0;
};

// Up to one moment; two of them make a window.
struct Usage {
  MonoTime at;
  std::vector<Duration> cpu;       // User and system time of each process, all threads.
  std::size_t resident_bytes = 0;  // Of all processes.
  Duration client_cpu{};           // Of this process.
  // CPU time of all cores that was not idle; time stolen by the hypervisor included, since it is as
  // lost to a measurement as what other processes take. In steps of 10 ms.
  Duration host_busy{};

  Duration ServerCpu() const;
};
// Errors: Unavailable (no such process).
Result<Usage> UsageOf(std::span<const WatchedProcess> processes);

inline double InSeconds(Duration d) { return std::chrono::duration<double>(d).count(); }
inline double InMicros(Duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

// seconds, server_cores, client_cores, and other_cores: all else that was busy on the machine.
Measures CoresOf(const Usage& begin, const Usage& end);

}  // namespace yap::bench
