// edge/status.h: how a call ends.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::edge {

// The codes of gRPC (https://grpc.io/docs/guides/status-codes/), by their numbers on the wire.
enum class Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// "RESOURCE_EXHAUSTED" and so on.
std::string_view CodeName(Code code);
// The one mapping of Errc to gRPC: the names are the same, but for Conflict (ABORTED) and
// Corruption (DATA_LOSS).
Code CodeOf(Errc code);

struct Status {
  Code code = Code::kOk;
  // For people; any UTF-8 (percent-encoded on the wire).
  std::string message;
  // A serialized google.rpc.Status, or nothing; travels as grpc-status-details-bin.
  std::string details;

  bool ok() const { return code == Code::kOk; }
};

}  // namespace yap::edge
