// tests/sim/cluster.h: a cluster in one thread under one seed: two chat-services over one store,
// two gateways, a bus and links between them that fail as they may. Clients call as clients do,
// with tokens, through whichever gateway they like.
#pragma once

#include <string>

#include "sim/world.h"

namespace yap::sim {

// Builds a cluster from the seed, lets it live for some simulated minutes of faults, heals it, and
// judges. Empty: the contract held. Otherwise what was found.
std::string RunClusterSeed(const Options& options);

}  // namespace yap::sim
