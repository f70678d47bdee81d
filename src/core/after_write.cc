#include "core/after_write.h"

#include <fmt/format.h>

#include "core/reasons.h"

namespace yap::core {
namespace {

bool PromisesNothingStored(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
    case Errc::kUnauthenticated:
    case Errc::kPermissionDenied:
    case Errc::kNotFound:
    case Errc::kAlreadyExists:
    case Errc::kFailedPrecondition:
    case Errc::kResourceExhausted:
    case Errc::kUnimplemented:
      return true;
    case Errc::kConflict:
    case Errc::kUnavailable:
    case Errc::kDeadlineExceeded:
    case Errc::kCorruption:
    case Errc::kInternal:
      return false;
  }
  return false;
}

}  // namespace

Error AfterWrite(Error error) {
  if (!PromisesNothingStored(error.code)) return error;
  Error told = MakeError(Errc::kUnavailable, reason::kStoreUnavailable,
                         fmt::format("part of this is stored, then it was refused ({}: {}); try "
                                     "again, with the same key where there is one",
                                     error.reason, error.message));
  told.retry_after = error.retry_after;
  return told;
}

}  // namespace yap::core
