// api/api.h: the whole public interface of the server as one router for the edge.
#pragma once

#include <cstddef>
#include <memory>

#include "api/services.h"
#include "base/clock.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "edge/handler.h"
#include "hub/hub.h"

namespace yap::api {

// Everything outlives the router.
struct ApiPorts {
  core::Accounts& accounts;
  core::Channels& channels;
  hub::Hub& hub;
  const Readiness& readiness;
  Clock& clock;
};

struct ApiOptions {
  // Streams one user may have open in this process: a device needs one, scripts a few, and those of
  // clients that vanished stay until the edge notices.
  std::size_t streams_per_user_max = 100;
};

// All services of package yap.v1 with their policies, health and reflection.
std::unique_ptr<edge::Router> NewApi(const ApiPorts& ports, const ApiOptions& options);

}  // namespace yap::api
