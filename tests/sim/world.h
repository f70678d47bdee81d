// tests/sim/world.h: the whole server in one thread under one seed: rules, log, bus and broadcast
// over a store and a bus that fail as they may. Nothing asks the machine for time or randomness, so
// a seed replays its run exactly.
#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sim_clock.h"
#include "bus/memory/faulty_bus.h"
#include "bus/memory/memory_bus.h"
#include "checker/checker.h"
#include "core/channels.h"
#include "hub/hub.h"
#include "store/memory/faulty_store.h"
#include "store/memory/memory_store.h"

namespace yap::sim {

struct Faults {
  store::StoreFaults store;
  bus::BusFaults bus;
};

// One life of the server process, from start to crash. Two of them at once on one store are two
// chat-services that do not know of each other.
class Server {
 public:
  Server(asio::io_context& io, SimClock& clock, store::Store& truth, const Faults& faults,
         std::uint64_t seed);
  ~Server();

  core::Channels& channels() { return *channels_; }
  hub::Hub& hub() { return *hub_; }
  asio::any_io_executor executor() { return io_.get_executor(); }
  bool dead() const { return dead_; }

  // kill -9: what has reached the store stays, everything else is gone. Clients learn nothing.
  void Crash();
  void SetFaults(const Faults& faults);
  // The end of the world: what waits in here for this life holds it in turn. Nothing runs after.
  void Abandon();

 private:
  asio::io_context& io_;
  std::unique_ptr<store::FaultyStore> store_;
  std::unique_ptr<core::EventBus> inner_bus_;
  std::unique_ptr<bus::FaultyBus> bus_;
  std::unique_ptr<hub::FrameEncoder> encoder_;
  SeededRandom random_;
  std::unique_ptr<core::Channels> channels_;
  std::unique_ptr<hub::Hub> hub_;
  bool dead_ = false;
};

struct Options {
  std::uint64_t seed = 1;
  bool verbose = false;
};

// Builds a world from the seed, lets it live for some simulated minutes of faults, heals it, and
// judges. Empty: the contract held. Otherwise what was found.
std::string RunSeed(const Options& options);

}  // namespace yap::sim
