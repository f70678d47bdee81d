#include "api/api.h"

namespace yap::api {

std::unique_ptr<edge::Router> NewApi(const ApiPorts& ports, const ApiOptions& options) {
  auto table = std::make_unique<MethodTable>(ports.accounts, ports.clock);
  AddAuthService(*table, ports.accounts);
  AddUserService(*table, ports.accounts);
  AddChannelService(*table, ports.channels, ports.accounts);
  AddMessageService(*table, ports.channels);
  AddSubscribe(*table, ports.channels, ports.hub, ports.clock, options.streams_per_user_max);
  AddHealthService(*table, ports.readiness, ports.clock);
  AddReflectionService(*table);
  return table;
}

}  // namespace yap::api
