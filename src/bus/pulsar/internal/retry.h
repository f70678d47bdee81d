// bus/pulsar/internal/retry.h: when to try again, and which failures to write down.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "bus/pulsar/limits.h"

namespace yap::bus::pulsar {

// Doubling pauses, each drawn from its upper half, so that all processes of a cluster do not come
// back in one moment.
class Retry {
 public:
  explicit Retry(Random& random) : random_(random) {}

  Duration Next() {
    ++failures_;
    const Duration pause = pause_;
    pause_ = std::min<Duration>(pause_ * 2, kRetryPauseMax);
    const auto half = static_cast<std::uint64_t>(pause.count() / 2);
    return Duration(static_cast<Duration::rep>(half + random_.Below(half + 1)));
  }
  void Reset() {
    failures_ = 0;
    pause_ = kRetryPauseFirst;
  }
  // In a row.
  int failures() const { return failures_; }

 private:
  Random& random_;
  int failures_ = 0;
  Duration pause_ = kRetryPauseFirst;
};

// Says whether a failure is news: the first of its reason for a while. Reasons are a closed set
// (drivers/error.h).
class FailureLog {
 public:
  bool IsNews(const Error& error, MonoTime now) {
    const auto [found, first] = again_.try_emplace(error.reason, now);
    if (!first && now < found->second) return false;
    found->second = now + kFailureLogPause;
    return true;
  }

 private:
  std::map<std::string, MonoTime> again_;
};

}  // namespace yap::bus::pulsar
