#include "api/api.h"

namespace yap::api {
namespace {

// The router of role all, with what only it needs.
class AllApi final : public ApiRouter {
 public:
  explicit AllApi(const ApiPorts& ports)
      : tokens_(NewLocalTokenChecker(ports.accounts)),
        authority_(NewLocalAuthority(ports.channels)),
        table_(NewTokenAdmission(*tokens_, ports.clock)) {
    AddAuthService(table_, ports.accounts);
    AddUserService(table_, ports.accounts);
    AddChannelService(table_, ports.channels, ports.accounts);
    AddMessageService(table_, ports.channels);
    AddSubscribe(table_, {*authority_, ports.hub, ports.clock, ports.streams_per_user_max});
    AddHealthService(table_, ports.readiness, ports.clock);
    AddReflectionService(table_);
  }
  edge::Handler* Find(std::string_view path) override { return table_.Find(path); }

 private:
  const std::unique_ptr<TokenChecker> tokens_;
  const std::unique_ptr<SubscribeAuthority> authority_;
  MethodTable table_;
};

}  // namespace

std::unique_ptr<edge::Router> NewApi(const ApiPorts& ports) {
  return std::make_unique<AllApi>(ports);
}

std::unique_ptr<edge::Router> NewChatApi(const ChatApiPorts& ports, PeerTrust trust) {
  auto table = std::make_unique<MethodTable>(NewIdentityAdmission(std::move(trust)));
  AddAuthService(*table, ports.accounts);
  AddUserService(*table, ports.accounts);
  AddChannelService(*table, ports.channels, ports.accounts);
  AddMessageService(*table, ports.channels);
  AddInternalService(*table, {ports.accounts, ports.channels, ports.log, ports.journal});
  AddHealthService(*table, ports.readiness, ports.clock);
  return table;
}

}  // namespace yap::api
