#include "client/wire_error.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "client/transport.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace yap::client {
namespace {

constexpr std::string_view kDomain = "yap.chat";

// The numbers of gRPC's codes: CANCELLED is our own doing or a proxy's, so its outcome is unknown.
Errc CodeFromWire(int code) {
  switch (code) {
    case 3:
    case 11:
      return Errc::kInvalidArgument;
    case 1:
    case 14:
      return Errc::kUnavailable;
    case 4:
      return Errc::kDeadlineExceeded;
    case 5:
      return Errc::kNotFound;
    case 6:
      return Errc::kAlreadyExists;
    case 7:
      return Errc::kPermissionDenied;
    case 8:
      return Errc::kResourceExhausted;
    case 9:
      return Errc::kFailedPrecondition;
    case 10:
      return Errc::kConflict;
    case 12:
      return Errc::kUnimplemented;
    case 15:
      return Errc::kCorruption;
    case 16:
      return Errc::kUnauthenticated;
    default:
      return Errc::kInternal;
  }
}

void TakeDetail(const google::protobuf::Any& detail, Error& error) {
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
  google::rpc::BadRequest bad;
  if (detail.UnpackTo(&info)) {
    if (info.domain() != kDomain) return;
    error.reason = info.reason();
    for (const auto& [key, value] : info.metadata()) error.metadata.emplace_back(key, value);
  } else if (detail.UnpackTo(&retry)) {
    error.retry_after =
        std::chrono::seconds(retry.retry_delay().seconds()) +
        std::chrono::milliseconds((retry.retry_delay().nanos() + 999'999) / 1'000'000);
  } else if (detail.UnpackTo(&bad) && bad.field_violations_size() > 0) {
    error.field = bad.field_violations(0).field();
  }
}

}  // namespace

Error ErrorFromWire(int code, std::string message, std::string_view details) {
  Error error = MakeError(CodeFromWire(code), "", std::move(message));
  google::rpc::Status status;
  if (details.empty() || !status.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    return error;
  }
  for (const auto& detail : status.details()) TakeDetail(detail, error);
  return error;
}

namespace {

// The last link of the library's chain of causes: "…: Connection refused", or as OpenSSL writes it
// "error:…:SSL routines::certificate verify failed".
std::string_view CauseOf(std::string_view message) {
  for (const std::string_view link : {": ", "::"}) {
    const auto at = message.rfind(link);
    if (at != std::string_view::npos) message.remove_prefix(at + link.size());
  }
  return message;
}

// The balancer's words when it has no connection to give a call to: the call never left. Were they
// others one day, the outcome would read as unknown, which is safe.
bool NoConnection(std::string_view message) {
  return message.starts_with("failed to connect to all addresses") ||
         message.starts_with("DNS resolution failed");
}

bool UntrustedCertificate(std::string_view message) {
  return message.contains("certificate verify failed") ||
         message.contains("is not in peer certificate");
}

}  // namespace

Error NobodyAnswered(Error error, const std::string& target) {
  if (error.code != Errc::kUnavailable && error.code != Errc::kDeadlineExceeded) return error;
  const std::string message = std::exchange(error.message, {});
  const std::string_view cause = CauseOf(message);
  error.reason = kUnreachable;
  error.metadata.emplace_back("server", target);
  if (error.code == Errc::kDeadlineExceeded) {
    error.message = fmt::format("{} does not answer in time", target);
    return error;
  }
  error.message = fmt::format("cannot reach {} ({})", target, cause);
  if (!NoConnection(message)) return error;
  error.reason = kNotConnected;
  if (UntrustedCertificate(message)) {
    error.reason = kTlsFailed;
    error.message = fmt::format(
        "the certificate of {} is not trusted ({}); is the name the one it was made for? A CA of "
        "your own goes into ca_file in the configuration",
        target, cause);
  } else if (message.contains("wrong version number")) {
    error.reason = kTlsFailed;
    error.message =
        fmt::format("{0} does not speak TLS; without it the server is http://{0}", target);
  }
  return error;
}

}  // namespace yap::client
