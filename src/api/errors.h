// api/errors.h: what a failed call tells its client, made in one place.
#pragma once

#include "base/result.h"
#include "edge/status.h"

namespace yap::api {

// The gRPC status of `error`: canonical code, message, and google.rpc.Status details with one
// ErrorInfo (reason, domain "yap.chat", metadata), a BadRequest for a field at fault, a RetryInfo
// where waiting helps, and a QuotaFailure for limits.
edge::Status ToStatus(const Error& error);

}  // namespace yap::api
