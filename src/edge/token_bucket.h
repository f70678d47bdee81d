// edge/token_bucket.h: a rate with a burst.
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "edge/limits.h"

namespace yap::edge {

// Not thread-safe. Time comes with each call; going back counts as standing still.
class TokenBucket {
 public:
  TokenBucket(Rate rate, MonoTime now) : rate_(rate), tokens_(rate.burst), filled_at_(now) {}

  // Takes one token; false when there is none (and nothing is taken).
  bool Take(MonoTime now) {
    if (rate_.burst <= 0) return true;
    if (tokens_ < 1) Refill(now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  void GiveBack() { tokens_ = std::min(tokens_ + 1, rate_.burst); }
  void Fill() { tokens_ = rate_.burst; }

 private:
  void Refill(MonoTime now) {
    const std::chrono::duration<double> passed = std::max(now - filled_at_, MonoTime::duration(0));
    tokens_ = std::min(tokens_ + passed.count() * rate_.per_second, rate_.burst);
    filled_at_ = std::max(now, filled_at_);
  }

  Rate rate_;
  double tokens_;
  MonoTime filled_at_;
};

}  // namespace yap::edge
