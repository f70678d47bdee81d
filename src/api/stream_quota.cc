#include "api/stream_quota.h"

#include <fmt/format.h>

#include <chrono>

#include "base/check.h"
#include "core/reasons.h"

namespace yap::api {
namespace {

// A stream whose client vanished is noticed about then (edge: keepalive); it may be one of these.
constexpr auto kRetryAfter = std::chrono::seconds(10);

Error TooMany(std::size_t per_user_max) {
  return MakeError(Errc::kResourceExhausted, core::reason::kTooManyStreams,
                   fmt::format("you have {} streams open already, the most a user may have; close "
                               "one, or follow more channels with one",
                               per_user_max))
      .With("streams_max", std::to_string(per_user_max))
      .RetryAfter(kRetryAfter);
}

}  // namespace

StreamQuota::StreamQuota(std::size_t per_user_max) : per_user_max_(per_user_max) {
  YAP_CHECK(per_user_max >= 1);
}

Result<std::shared_ptr<const void>> StreamQuota::Take(core::UserId user) {
  const bool taken = counts_->With([&](auto& counts) {
    std::size_t& count = counts[user];
    if (count == per_user_max_) return false;
    ++count;
    return true;
  });
  if (!taken) return Fail(TooMany(per_user_max_));
  const auto give_back = [counts = counts_, user](const void*) {
    counts->With([user](auto& all) {
      const auto found = all.find(user);
      if (--found->second == 0) all.erase(found);
    });
  };
  return std::shared_ptr<const void>(counts_.get(), give_back);
}

}  // namespace yap::api
