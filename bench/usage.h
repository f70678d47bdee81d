// bench/usage.h: what processes and the machine have used so far, from /proc.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "base/clock.h"
#include "base/result.h"

namespace yap::bench {

struct ProcessUsage {
  Duration cpu{};  // User and system time of all threads, in steps of 10 ms.
  std::size_t resident_bytes = 0;
};
// Errors: Unavailable (no such process).
Result<ProcessUsage> UsageOf(pid_t pid);

// CPU time of all cores that was not idle; time stolen by the hypervisor included, since it is as
// lost to a measurement as what other processes take.
Result<Duration> BusyTimeOfHost();

}  // namespace yap::bench
