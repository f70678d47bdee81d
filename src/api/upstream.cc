#include "api/upstream.h"

#include "api/errors.h"
#include "core/reasons.h"

namespace yap::api {

UpstreamFailure UpstreamUnavailable() {
  return {ToStatus(MakeError(Errc::kUnavailable, core::reason::kUpstreamUnavailable,
                             "the gateway reaches no chat-service; whether a write was stored is "
                             "unknown, try again with the same key"))};
}

UpstreamFailure UpstreamTooLate() {
  return {ToStatus(MakeError(Errc::kDeadlineExceeded, core::reason::kDeadline,
                             "the chat-service did not answer in time; whether a write was stored "
                             "is unknown, try again with the same key"))};
}

UpstreamFailure UpstreamFull() {
  return {ToStatus(MakeError(Errc::kResourceExhausted, core::reason::kQueueFull,
                             "more calls are under way than the chat-service can promise to answer "
                             "in time; try again in a second")
                       .With("queue", "upstream")
                       .RetryAfter(std::chrono::seconds(1))),
          true};
}

}  // namespace yap::api
