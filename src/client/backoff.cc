#include "client/backoff.h"

#include <algorithm>

namespace yap::client {

Duration Backoff::Next() {
  const auto bound = static_cast<std::uint64_t>(limit_.count()) + 1;
  const std::chrono::milliseconds wait(random_.Below(bound));
  limit_ = std::min<std::chrono::milliseconds>(limit_ * 8 / 5, kMax);
  return wait;
}

Error UnknownUnlessYapds(Error error) {
  if (error.reason.empty()) error.code = Errc::kUnavailable;
  return error;
}

Verdict Judge(const Error& error, bool repeatable) {
  switch (error.code) {
    case Errc::kUnavailable:
    case Errc::kConflict:
    case Errc::kDeadlineExceeded:
    case Errc::kInternal:
      return repeatable ? Verdict::kRetry : Verdict::kGiveUp;
    case Errc::kResourceExhausted:
      return error.retry_after ? Verdict::kRetryAfterTold : Verdict::kGiveUp;
    case Errc::kInvalidArgument:
    case Errc::kUnauthenticated:
    case Errc::kPermissionDenied:
    case Errc::kNotFound:
    case Errc::kAlreadyExists:
    case Errc::kFailedPrecondition:
    case Errc::kUnimplemented:
    case Errc::kCorruption:
      return Verdict::kGiveUp;
  }
  return Verdict::kGiveUp;
}

}  // namespace yap::client
