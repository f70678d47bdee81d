#include "edge/status.h"

namespace yap::edge {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kOk:
      return "OK";
    case Code::kCancelled:
      return "CANCELLED";
    case Code::kUnknown:
      return "UNKNOWN";
    case Code::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case Code::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case Code::kNotFound:
      return "NOT_FOUND";
    case Code::kAlreadyExists:
      return "ALREADY_EXISTS";
    case Code::kPermissionDenied:
      return "PERMISSION_DENIED";
    case Code::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case Code::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case Code::kAborted:
      return "ABORTED";
    case Code::kOutOfRange:
      return "OUT_OF_RANGE";
    case Code::kUnimplemented:
      return "UNIMPLEMENTED";
    case Code::kInternal:
      return "INTERNAL";
    case Code::kUnavailable:
      return "UNAVAILABLE";
    case Code::kDataLoss:
      return "DATA_LOSS";
    case Code::kUnauthenticated:
      return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

Code CodeOf(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return Code::kInvalidArgument;
    case Errc::kUnauthenticated:
      return Code::kUnauthenticated;
    case Errc::kPermissionDenied:
      return Code::kPermissionDenied;
    case Errc::kNotFound:
      return Code::kNotFound;
    case Errc::kAlreadyExists:
      return Code::kAlreadyExists;
    case Errc::kFailedPrecondition:
      return Code::kFailedPrecondition;
    case Errc::kConflict:
      return Code::kAborted;
    case Errc::kResourceExhausted:
      return Code::kResourceExhausted;
    case Errc::kUnavailable:
      return Code::kUnavailable;
    case Errc::kDeadlineExceeded:
      return Code::kDeadlineExceeded;
    case Errc::kUnimplemented:
      return Code::kUnimplemented;
    case Errc::kCorruption:
      return Code::kDataLoss;
    case Errc::kInternal:
      return Code::kInternal;
  }
  return Code::kUnknown;
}

}  // namespace yap::edge
