#include "base/result.h"

namespace yap {

std::string_view ErrcName(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case Errc::kUnauthenticated:
      return "UNAUTHENTICATED";
    case Errc::kPermissionDenied:
      return "PERMISSION_DENIED";
    case Errc::kNotFound:
      return "NOT_FOUND";
    case Errc::kAlreadyExists:
      return "ALREADY_EXISTS";
    case Errc::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case Errc::kConflict:
      return "ABORTED";
    case Errc::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case Errc::kUnavailable:
      return "UNAVAILABLE";
    case Errc::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case Errc::kUnimplemented:
      return "UNIMPLEMENTED";
    case Errc::kCorruption:
      return "DATA_LOSS";
    case Errc::kInternal:
      return "INTERNAL";
  }
  return "UNKNOWN";
}

}  // namespace yap
