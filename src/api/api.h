// api/api.h: the whole public interface of the server as one router for the edge.
#pragma once

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

// All services of package yap.v1 with their policies, health and reflection.
std::unique_ptr<edge::Router> NewApi(const ApiPorts& ports);

}  // namespace yap::api
