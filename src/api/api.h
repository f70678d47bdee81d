// api/api.h: the whole interface of a server as one router for the edge, by role.
#pragma once

#include <memory>

#include "api/identity.h"
#include "api/services.h"
#include "base/clock.h"
#include "core/accounts.h"
#include "core/append_journal.h"
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
  std::size_t streams_per_user_max = kStreamsPerUserDefault;
};
// Role all: all services of package yap.v1 with their policies, health and reflection.
std::unique_ptr<edge::Router> NewApi(const ApiPorts& ports);

struct ChatApiPorts {
  core::Accounts& accounts;
  core::Channels& channels;
  core::EventLog& log;
  const core::AppendJournal& journal;
  const Readiness& readiness;
  Clock& clock;
};
// Role chat, for its internal listener: the same services but Subscribe, and those of
// yap.internal.v1, all for the peers that `trust` lets in and for the users they name.
std::unique_ptr<edge::Router> NewChatApi(const ChatApiPorts& ports, PeerTrust trust);

}  // namespace yap::api
