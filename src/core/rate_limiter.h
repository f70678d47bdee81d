// core/rate_limiter.h: how often somebody may write, as token buckets over monotonic time.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "core/ids.h"
#include "core/limits.h"

namespace yap::core {

struct Rate {
  double per_second = 0;  // REQUIRES: > 0.
  double burst = 1;       // REQUIRES: >= 1.
};

// A value. Starts full.
class TokenBucket {
 public:
  // Takes a token; where there is none, takes nothing and says how long until there is one.
  std::optional<Duration> Take(const Rate& rate, MonoTime now);
  // Undoes a Take whose purpose failed.
  void GiveBack(const Rate& rate);
  bool IsFull(const Rate& rate, MonoTime now) const;

 private:
  double TokensAt(const Rate& rate, MonoTime now) const;

  std::optional<MonoTime> since_;  // When `tokens_` was true; none: full.
  double tokens_ = 0;
};

// One bucket for each user, across channels. Thread-safe.
class UserRateLimiter {
 public:
  explicit UserRateLimiter(Rate rate, std::size_t users_max = kRateUsersMax)
      : rate_(rate), users_max_(users_max) {}

  // As TokenBucket::Take. While users_max users are active at once, further ones wait a second.
  std::optional<Duration> Take(UserId user, MonoTime now);
  // The same as a Result. Error: ResourceExhausted "USER_RATE", with when to try again.
  Result<> Pay(UserId user, MonoTime now);
  std::size_t size() const;

 private:
  struct Buckets {
    std::unordered_map<UserId, TokenBucket> by_user;
    std::optional<MonoTime> swept;
  };
  bool MakeRoom(Buckets& buckets, MonoTime now) const;

  const Rate rate_;
  const std::size_t users_max_;
  Guarded<Buckets> buckets_;
};

// What a write to one channel costs. Belongs to the thread of that channel.
class WriteGate {
 public:
  // `users` outlives the gate.
  WriteGate(UserRateLimiter& users, Rate channel) : users_(users), channel_rate_(channel) {}

  // Takes what the write costs, or nothing. Errors: ResourceExhausted "USER_RATE", "CHANNEL_RATE",
  // with when to try again.
  Result<> Pay(UserId user, bool is_message, const std::string& channel, MonoTime now);

 private:
  UserRateLimiter& users_;
  const Rate channel_rate_;
  TokenBucket channel_;
};

}  // namespace yap::core
