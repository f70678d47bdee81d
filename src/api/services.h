// api/services.h: the services this server speaks. Each adds its methods to the table; one file
// each.
#pragma once

#include <asio/awaitable.hpp>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "api/authorise.h"
#include "api/method_table.h"
#include "core/accounts.h"
#include "core/append_journal.h"
#include "core/channels.h"
#include "hub/hub.h"

namespace yap::api {

void AddAuthService(MethodTable& table, core::Accounts& accounts);
void AddUserService(MethodTable& table, core::Accounts& accounts);
void AddChannelService(MethodTable& table, core::Channels& channels, core::Accounts& accounts);
void AddMessageService(MethodTable& table, core::Channels& channels);

// Streams one user may have open in one process, by default: a device needs one, scripts a few, and
// those of clients that vanished stay until the edge notices.
inline constexpr std::size_t kStreamsPerUserDefault = 100;
// Everything outlives the table.
struct SubscribePorts {
  SubscribeAuthority& authority;
  hub::Hub& hub;
  Clock& clock;
  std::size_t streams_per_user_max = kStreamsPerUserDefault;
};
void AddSubscribe(MethodTable& table, const SubscribePorts& ports);

// What the internal service answers from. Everything outlives the table.
struct InternalPorts {
  core::Accounts& accounts;
  core::Channels& channels;
  core::EventLog& log;
  const core::AppendJournal& journal;
};
void AddInternalService(MethodTable& table, const InternalPorts& ports);

// Whether the process can serve; read by health checks, changed by whoever owns the process.
class Readiness {
 public:
  void Set(bool ready) { ready_.store(ready, std::memory_order_relaxed); }
  bool Get() const { return ready_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> ready_ = false;
};
// grpc.health.v1: "" is liveness; a service's name is readiness.
void AddHealthService(MethodTable& table, const Readiness& readiness, Clock& clock);

// grpc.reflection.v1 and v1alpha, over the descriptors of all services above.
void AddReflectionService(MethodTable& table);

}  // namespace yap::api
