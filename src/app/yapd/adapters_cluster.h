// app/yapd/adapters_cluster.h: private to adapters: ScyllaDB and Pulsar, in two versions:
// adapters_cluster.cc, and adapters_single.cc where the drivers were not built.
#pragma once

#include "app/yapd/adapters.h"

namespace yap::app {

Result<std::unique_ptr<store::Store>> OpenScylla(const Config& config, IoThreads& threads);
Result<Bus> OpenPulsar(const Config& config, IoThreads& threads);

}  // namespace yap::app
