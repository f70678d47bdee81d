// api/gateway.h: a gateway, whole: it forwards every unary method of yap.v1 by its bytes to
// chat-services, and serves Subscribe from a hub of its own (docs/cluster.md).
#pragma once

#include <memory>
#include <vector>

#include "api/replicas.h"
#include "api/services.h"
#include "base/random.h"
#include "core/event_bus.h"
#include "edge/handler.h"
#include "hub/hub.h"

namespace yap::api {

// Everything outlives the gateway, and the executors' last handler.
struct GatewayPorts {
  UpstreamFactory& upstreams;
  HostResolver& resolver;
  core::EventBus& bus;
  const hub::FrameEncoder& encoder;
  const Readiness& readiness;
  Clock& clock;
  Random& random;
  std::vector<asio::any_io_executor> executors;  // I/O threads.
};

struct GatewayOptions {
  ReplicasOptions replicas;
  hub::HubOptions hub;  // Its sweep interval does not count: somebody else sweeps.
  std::size_t streams_per_user_max = kStreamsPerUserDefault;
  bool bus_silent = false;  // The bus carries nothing: chat-services are asked every second.
};

// Stopped first, then destroyed when the executors have stopped or nothing is under way.
class Gateway {
 public:
  virtual ~Gateway() = default;
  // Begins to look for chat-services, ended sessions and lost rings. Once.
  virtual void Start() = 0;
  // Nothing is asked any more by itself; calls under way go on.
  virtual void Stop() = 0;

  // A new method in a .proto is forwarded without a line here: which are unary, who may call them
  // and what they are routed by is read from the descriptors.
  virtual edge::Router& router() = 0;
  virtual hub::Hub& hub() = 0;
  // Empty once a chat-service lives and ended sessions have been read; else what is missing.
  virtual std::string_view WhyNotReady() const = 0;
};

std::unique_ptr<Gateway> NewGateway(GatewayPorts ports, GatewayOptions options);

}  // namespace yap::api
