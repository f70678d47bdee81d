// api/stream_quota.h: how many streams a user has open in this process, and no more than that.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "base/guarded.h"
#include "base/result.h"
#include "core/ids.h"

namespace yap::api {

// Thread-safe.
class StreamQuota {
 public:
  // REQUIRES: per_user_max >= 1.
  explicit StreamQuota(std::size_t per_user_max);

  // Counts one stream until the last copy of the answer is gone, which may outlive the quota.
  // Errors: ResourceExhausted "TOO_MANY_STREAMS", with when to try again.
  Result<std::shared_ptr<const void>> Take(core::UserId user);

 private:
  using Counts = Guarded<std::unordered_map<core::UserId, std::size_t>>;

  const std::size_t per_user_max_;
  const std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace yap::api
