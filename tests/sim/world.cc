#include "sim/world.h"

#include "sim/wire.h"

namespace yap::sim {

Server::Server(asio::io_context& io, SimClock& clock, store::Store& truth, const Faults& faults,
               std::uint64_t seed)
    : io_(io),
      store_(store::NewFaultyStore(truth, clock, seed, faults.store)),
      inner_bus_(bus::NewMemoryBus()),
      bus_(bus::NewFaultyBus(*inner_bus_, clock, io.get_executor(), seed + 1, faults.bus)),
      encoder_(NewTextEncoder()),
      random_(seed + 2) {
  core::ChannelOptions rules;
  rules.rates = {1e9, 1e9, 1e9, 1e9};
  channels_ = core::NewChannels(core::ChannelPorts{store_->log(),
                                                   store_->channels(),
                                                   store_->users(),
                                                   *bus_,
                                                   clock,
                                                   random_,
                                                   {io.get_executor()}},
                                rules);
  // Tails so short that readers fall off them all the time.
  hub::HubOptions broadcast;
  broadcast.tail_events_max = 8;
  broadcast.tail_bytes_max = 1024;
  broadcast.room_linger = std::chrono::seconds(2);
  hub_ = hub::NewHub(
      hub::HubPorts{store_->log(), *bus_, *encoder_, clock, random_, {io.get_executor()}},
      broadcast);
}

Server::~Server() = default;

void Server::Crash() {
  dead_ = true;
  store_->SetDown(true);
  store_->Crash();
  bus_->SetDown(true);
}

void Server::Abandon() {
  hub_.reset();
  channels_.reset();
}

void Server::SetFaults(const Faults& faults) {
  store_->SetFaults(faults.store);
  bus_->SetFaults(faults.bus);
}

}  // namespace yap::sim
