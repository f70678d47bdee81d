// app/yapd/adapters.h: the tables name → factory: which store and which bus `config` means.
#pragma once

#include <functional>
#include <memory>

#include "app/yapd/config.h"
#include "app/yapd/node.h"
#include "core/event_bus.h"
#include "store/store.h"

namespace yap::app {

// Whether this program was built with the drivers of ScyllaDB and Pulsar.
bool WithCluster();

// Blocks; works on `threads`, which outlive the store.
Result<std::unique_ptr<store::Store>> OpenStore(const Config& config, const DataPaths& paths,
                                                IoThreads& threads);

// `none` is a bus that nobody hears. A broker that is away is no error: the bus goes on trying.
// `threads` outlive it.
Result<Bus> OpenBus(const Config& config, IoThreads& threads);

// What `yapd migrate` and `yapd check-config --connect` do; each answers one line for people.
Result<std::string> MigrateStore(const Config& config, IoThreads& threads);
Result<> ReachStore(const Config& config, IoThreads& threads);
Result<> ReachBus(const Config& config, IoThreads& threads);

}  // namespace yap::app
