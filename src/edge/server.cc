#include "edge/server.h"

#include <utility>

#include "base/check.h"
#include "edge/listener.h"
#include "edge/server_state.h"
#include "edge/worker.h"

namespace yap::edge {
namespace {

using Listeners = std::vector<std::shared_ptr<Listener>>;

Result<std::shared_ptr<const TlsContext>> LoadTls(const ListenerOptions& options) {
  if (!options.tls) return nullptr;
  return TlsContext::Load(*options.tls);
}

}  // namespace

class Server::Impl {
 public:
  // Constant after construction.
  std::shared_ptr<ServerState> state;
  std::vector<asio::any_io_executor> executors;
  std::vector<std::shared_ptr<Worker>> workers;

  Guarded<Listeners> listeners;

  Listeners AllListeners() {
    return listeners.With([](const Listeners& list) { return list; });
  }
};

Server::Server(ServerOptions options, std::vector<asio::any_io_executor> executors, Router& router,
               Clock& clock, Random& random)
    : impl_(std::make_unique<Impl>()) {
  YAP_CHECK(!executors.empty());
  impl_->state = std::make_shared<ServerState>(std::move(options), router, clock, random);
  for (const auto& executor : executors) {
    impl_->workers.push_back(std::make_shared<Worker>(impl_->state, executor));
  }
  impl_->executors = std::move(executors);
}

Server::~Server() {
  for (const auto& listener : impl_->AllListeners()) listener->CloseNow();
  for (const auto& worker : impl_->workers) worker->Stop();
}

Result<std::uint16_t> Server::Listen(ListenerOptions options) {
  auto state = std::make_shared<ListenerState>();
  YAP_TRY(state->trusted_proxies, NetworkSet::Parse(options.trusted_proxies));
  YAP_TRY(auto tls, LoadTls(options));
  state->tls.With([&](auto& context) { context = std::move(tls); });
  state->counts = std::make_shared<ConnectionCounts>(options.budgets.connections_max,
                                                     options.budgets.connections_per_address_max);
  state->options = std::move(options);
  const std::size_t index = impl_->AllListeners().size() % impl_->executors.size();
  YAP_TRY(auto listener,
          Listener::Open(impl_->state, state, impl_->workers, impl_->executors[index]));
  const std::uint16_t port = listener->port();
  impl_->listeners.With([&](Listeners& list) { list.push_back(std::move(listener)); });
  return port;
}

Result<> Server::ReloadCertificates() {
  const Listeners listeners = impl_->AllListeners();
  std::vector<std::shared_ptr<const TlsContext>> loaded;
  for (const auto& listener : listeners) {
    YAP_TRY(auto tls, LoadTls(listener->state().options));
    loaded.push_back(std::move(tls));
  }
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    listeners[i]->state().tls.With([&](auto& context) { context = std::move(loaded[i]); });
  }
  return {};
}

asio::awaitable<void> Server::Drain(Duration grace) {
  for (const auto& listener : impl_->AllListeners()) listener->Close();
  for (const auto& worker : impl_->workers) worker->Drain(grace);
  co_await FromCallback<void>([state = impl_->state](Callback<void> done) {
    // Registered before the last look: whoever closes the last connection sees one or the other.
    state->when_idle.With([&](auto& list) { list.push_back(std::move(done)); });
    if (state->open.load() != 0) return;
    auto waiting = state->when_idle.With([](auto& list) { return std::exchange(list, {}); });
    for (auto& waiter : waiting) waiter({});
  });
}

ServerStats Server::Stats() const {
  const ServerState& state = *impl_->state;
  return {state.accepted, state.refused, state.open, state.calls, state.violations};
}

}  // namespace yap::edge
