#include "core/rate_limiter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/metrics.h"
#include "core/reasons.h"

namespace yap::core {
namespace {

constexpr Duration kSweepInterval = std::chrono::seconds(1);

Error TooFast(std::string_view why, std::string_view what, Duration wait) {
  static auto counter = [](std::string_view reason) {
    return metrics::NewCounter("yap_rate_limited_total", "Writes refused for their rate.",
                               {{"reason", std::string(reason)}});
  };
  static auto user = counter(reason::kUserRate);
  static auto channel = counter(reason::kChannelRate);
  (why == reason::kUserRate ? user : channel).Add();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait);
  return MakeError(Errc::kResourceExhausted, why,
                   fmt::format("{}; try again with the same key in {} ms", what, ms.count()))
      .With("retry_after_ms", fmt::format("{}", ms.count()))
      .RetryAfter(ms);
}

}  // namespace

double TokenBucket::TokensAt(const Rate& rate, MonoTime now) const {
  if (!since_) return rate.burst;
  const std::chrono::duration<double> passed = now - *since_;
  return std::min(rate.burst, tokens_ + std::max(0.0, passed.count()) * rate.per_second);
}

std::optional<Duration> TokenBucket::Take(const Rate& rate, MonoTime now) {
  const double tokens = TokensAt(rate, now);
  if (tokens < 1) {
    // Rounded up to a millisecond, so that a client that waits as told is served.
    const double wait_ms = std::ceil((1 - tokens) / rate.per_second * 1e3);
    return std::chrono::milliseconds(static_cast<std::int64_t>(wait_ms));
  }
  since_ = now;
  tokens_ = tokens - 1;
  return std::nullopt;
}

void TokenBucket::GiveBack(const Rate& rate) { tokens_ = std::min(rate.burst, tokens_ + 1); }

bool TokenBucket::IsFull(const Rate& rate, MonoTime now) const {
  return TokensAt(rate, now) >= rate.burst;
}

std::optional<Duration> UserRateLimiter::Take(UserId user, MonoTime now) {
  return buckets_.With([&](Buckets& buckets) -> std::optional<Duration> {
    const bool known = buckets.by_user.contains(user);
    if (!known && !MakeRoom(buckets, now)) return kSweepInterval;
    return buckets.by_user[user].Take(rate_, now);
  });
}

Result<> UserRateLimiter::Pay(UserId user, MonoTime now) {
  if (const auto wait = Take(user, now)) {
    return Fail(TooFast(reason::kUserRate, "you write faster than allowed", *wait));
  }
  return {};
}

std::size_t UserRateLimiter::size() const {
  return buckets_.With([](const Buckets& buckets) { return buckets.by_user.size(); });
}

// A full bucket is worth as much as none. Looked for at most once a second: the sweep is linear.
bool UserRateLimiter::MakeRoom(Buckets& buckets, MonoTime now) const {
  if (buckets.by_user.size() < users_max_) return true;
  if (buckets.swept && now - *buckets.swept < kSweepInterval) return false;
  buckets.swept = now;
  std::erase_if(buckets.by_user, [&](const auto& b) { return b.second.IsFull(rate_, now); });
  return buckets.by_user.size() < users_max_;
}

Result<> WriteGate::Pay(UserId user, bool is_message, const std::string& channel, MonoTime now) {
  if (is_message) {
    if (const auto wait = channel_.Take(channel_rate_, now)) {
      return Fail(
          TooFast(reason::kChannelRate, "the channel gets more messages than allowed", *wait)
              .With("channel", channel));
    }
  }
  auto paid = users_.Pay(user, now);
  if (!paid && is_message) channel_.GiveBack(channel_rate_);
  return paid;
}

}  // namespace yap::core
