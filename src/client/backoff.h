// client/backoff.h: how long to wait before the next attempt, and which failures deserve one.
#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace yap::client {

using namespace std::chrono_literals;  // NOLINT: literals only.

// "Full jitter": each wait is uniform in [0, limit], and the limit grows by 1.6 up to 20 s, so that
// the clients of a server that comes back do not come at once (AWS Architecture Blog, "Exponential
// Backoff And Jitter").
class Backoff {
 public:
  static constexpr auto kFirstMax = 1600ms;
  static constexpr auto kMax = 20'000ms;

  explicit Backoff(Random& random) : random_(random) {}

  // The next wait.
  Duration Next();
  // After a success.
  void Reset() { limit_ = kFirstMax; }

 private:
  Random& random_;
  std::chrono::milliseconds limit_ = kFirstMax;
};

enum class Verdict : std::uint8_t {
  kGiveUp,         // Definite: the same request fails again.
  kRetry,          // Unknown, or could not be tried: again after a back-off.
  kRetryAfterTold  // Refused for now: again after the error's retry_after.
};

// A refusal without a reason is not yapd's but of something between, which cannot promise that
// nothing was stored by this attempt or one before it: Unavailable in its place.
Error UnknownUnlessYapds(Error error);

// The table of docs/api.md. `repeatable`: a read, or a write with a key.
Verdict Judge(const Error& error, bool repeatable);

}  // namespace yap::client
