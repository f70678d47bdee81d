#include "drivers/error.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <string>

#include "drivers/internal/call.h"

namespace yap::drivers {
namespace {

struct Kind {
  yd_status status;
  Errc code;
  std::string_view reason;
};

constexpr Kind kKinds[] = {
    {YD_TIMEOUT, Errc::kDeadlineExceeded, kTimeout},
    {YD_CANCELLED, Errc::kUnavailable, kCancelled},
    {YD_PANIC, Errc::kInternal, kPanic},
    {YD_BROKEN, Errc::kUnavailable, kBroken},
    {YD_FAILED, Errc::kUnavailable, kServerFailed},
    {YD_INVALID, Errc::kInvalidArgument, kInvalid},
    {YD_FULL, Errc::kResourceExhausted, kFull},
    {YD_NOT_SENT, Errc::kUnavailable, kNotSent},
    {YD_REFUSED, Errc::kFailedPrecondition, kRefused},
    {YD_CLOSED, Errc::kFailedPrecondition, kClosed},
    {YD_FILE, Errc::kInvalidArgument, kFile},
    {YD_HOST, Errc::kUnavailable, kHost},
    {YD_UNREACHABLE, Errc::kUnavailable, kUnreachable},
    {YD_TLS, Errc::kFailedPrecondition, kTls},
    {YD_PROTOCOL, Errc::kFailedPrecondition, kProtocol},
    {YD_AUTH, Errc::kUnauthenticated, kAuth},
    {YD_NO_KEYSPACE, Errc::kNotFound, kNoKeyspace},
    {YD_NO_TOPIC, Errc::kNotFound, kNoTopic},
    {YD_BUSY, Errc::kFailedPrecondition, kBusy},
};
// The statuses from here on promise that nothing was done.
constexpr yd_status kNothingDoneFrom = YD_INVALID;

constexpr std::string_view kServerCodeKey = "server_code";

const Kind& KindOf(yd_status status) {
  const auto* found = std::ranges::find(kKinds, status, &Kind::status);
  // A status of a newer library says as little as a panic.
  return found != std::end(kKinds) ? *found : *std::ranges::find(kKinds, YD_PANIC, &Kind::status);
}

}  // namespace

Error ErrorOf(const yd_outcome& outcome) {
  const Kind& kind = KindOf(outcome.status);
  auto error =
      MakeError(kind.code, kind.reason, std::string(outcome.message.data, outcome.message.length));
  if (outcome.server_code < 0) return error;
  return std::move(error).With(std::string(kServerCodeKey), std::to_string(outcome.server_code));
}

Result<std::uint32_t> LimitMs(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline.at - SystemClock().Mono());
  if (left.count() <= 0) {
    return Fail(Errc::kUnavailable, kNotSent, "the deadline passed before it was sent");
  }
  return static_cast<std::uint32_t>(
      std::min<std::int64_t>(left.count(), std::numeric_limits<std::uint32_t>::max()));
}

bool NothingDone(const Error& error) {
  const auto* found = std::ranges::find(kKinds, std::string_view(error.reason), &Kind::reason);
  return found != std::end(kKinds) && found->status >= kNothingDoneFrom;
}

int ServerCode(const Error& error) {
  int code = -1;
  for (const auto& [key, value] : error.metadata) {
    if (key == kServerCodeKey) std::from_chars(value.data(), value.data() + value.size(), code);
  }
  return code;
}

}  // namespace yap::drivers
