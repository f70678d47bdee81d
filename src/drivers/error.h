// drivers/error.h: what the drivers say when they fail. A driver's Error has one of these reasons,
// the server's or driver's own words in `message`, and the server's error code, where it sent one,
// under "server_code" in `metadata`.
#pragma once

#include <string_view>

#include "base/result.h"

namespace yap::drivers {

// --- Unknown: it may have been done, or may still be. ---
// DeadlineExceeded. The deadline passed first.
inline constexpr std::string_view kTimeout = "DRIVER_TIMEOUT";
// Unavailable. Its owner was destroyed first.
inline constexpr std::string_view kCancelled = "DRIVER_CANCELLED";
// Internal. A bug in the driver; other calls go on.
inline constexpr std::string_view kPanic = "DRIVER_PANIC";
// Unavailable. The connection broke while waiting for the answer.
inline constexpr std::string_view kBroken = "DRIVER_BROKEN";
// Unavailable. The server could not finish: too few replicas, overloaded, a timeout of its own.
inline constexpr std::string_view kServerFailed = "DRIVER_SERVER_FAILED";

// --- Nothing done, for certain. ---
// InvalidArgument. Refused before sending: a value of another type than its column, a wrong number
// of values, too large, a bad option. Our mistake or the configuration's.
inline constexpr std::string_view kInvalid = "DRIVER_INVALID";
// ResourceExhausted. As much is waiting as may wait.
inline constexpr std::string_view kFull = "DRIVER_FULL";
// Unavailable. No working connection to send it on, or the deadline had passed before the call.
inline constexpr std::string_view kNotSent = "DRIVER_NOT_SENT";
// FailedPrecondition. The server judged it and said no: syntax, unknown table, missing rights.
inline constexpr std::string_view kRefused = "DRIVER_REFUSED";
// FailedPrecondition. The producer or consumer was closed.
inline constexpr std::string_view kClosed = "DRIVER_CLOSED";

// --- Of connecting, opening, subscribing: nothing done. The message is one line for the operator
// and names the address. ---
// InvalidArgument. A file of the options can't be read or is not what it should be.
inline constexpr std::string_view kFile = "DRIVER_FILE";
// Unavailable. The name has no address.
inline constexpr std::string_view kHost = "DRIVER_HOST";
// Unavailable. Nobody answers there.
inline constexpr std::string_view kUnreachable = "DRIVER_UNREACHABLE";
// FailedPrecondition. The TLS handshake failed, or the peer does not speak TLS.
inline constexpr std::string_view kTls = "DRIVER_TLS";
// FailedPrecondition. Something answers, but it does not speak this protocol.
inline constexpr std::string_view kProtocol = "DRIVER_PROTOCOL";
// Unauthenticated. User, password, token or certificate is missing, wrong or lacks rights.
inline constexpr std::string_view kAuth = "DRIVER_AUTH";
// NotFound.
inline constexpr std::string_view kNoKeyspace = "DRIVER_NO_KEYSPACE";
// NotFound. No such tenant, namespace or topic.
inline constexpr std::string_view kNoTopic = "DRIVER_NO_TOPIC";
// FailedPrecondition. Another consumer has the exclusive subscription.
inline constexpr std::string_view kBusy = "DRIVER_BUSY";

// True where the request certainly changed nothing and will not; false where that is unknown, and
// for errors that are not a driver's.
bool NothingDone(const Error& error);

// The code that the server sent with its error (CQL: 0x1000 Unavailable, 0x1100 write timeout, …;
// Pulsar: ServerError), or -1.
int ServerCode(const Error& error);

}  // namespace yap::drivers
