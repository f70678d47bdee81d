// api/upstream.h: the port to one chat-service: bytes in, bytes out.
#pragma once

#include <asio/awaitable.hpp>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "edge/status.h"

namespace yap::api {

struct UpstreamCall {
  std::string path;
  std::string request;
  std::string identity;  // Of the caller: EncodeIdentity.
  Deadline deadline;     // max(): the adapter's own bound.
};

struct UpstreamFailure {
  edge::Status status;
  // The chat-service said so: `status` is its own, details included. Else nobody did, and whether
  // the call was carried out is unknown.
  bool answered = false;
  std::string why = {};  // Where nobody did, why: for the operator alone.
};
using UpstreamReply = std::expected<std::string, UpstreamFailure>;

// Thread-safe. Every adapter passes api/upstream_contract_test.cc.
class Upstream {
 public:
  // Ends what is under way, as failed; that is answered before it returns.
  virtual ~Upstream() = default;
  // Resumes on the caller's executor. By its deadline there is an answer or DEADLINE_EXCEEDED.
  // Nobody there, or not any more: UNAVAILABLE "UPSTREAM_UNAVAILABLE", at once. Where the
  // chat-service refuses this process as its peer: the same, logged as what it is. More than
  // kUpstreamCallsMax under way: RESOURCE_EXHAUSTED "QUEUE_FULL".
  virtual asio::awaitable<UpstreamReply> Call(UpstreamCall call) = 0;
};

// Makes connections to chat-services. Outlives them. Thread-safe.
class UpstreamFactory {
 public:
  virtual ~UpstreamFactory() = default;
  // `target` is "host:port"; `server_name` is what its certificate must name.
  virtual std::shared_ptr<Upstream> Open(std::string target, std::string server_name) = 0;
};

UpstreamFailure UpstreamUnavailable();
UpstreamFailure UpstreamTooLate();
// Refused before it was sent: too many are under way. Counts as answered: nothing is wrong there.
UpstreamFailure UpstreamFull();

}  // namespace yap::api
