#include "app/yapd/adapters.h"

#include "app/yapd/adapters_cluster.h"
#include "bus/memory/memory_bus.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace yap::app {

Result<std::unique_ptr<store::Store>> OpenStore(const Config& config, const DataPaths& paths,
                                                IoThreads& threads) {
  if (config.store_kind == "memory") return store::OpenMemoryStore();
  if (config.store_kind == "scylla") return OpenScylla(config, threads);
  store::SqliteOptions options{.path = paths.database};
  options.sync = config.store_synchronous == "normal" ? store::Sync::kNormal : store::Sync::kFull;
  return store::OpenSqliteStore(std::move(options));
}

// Within one process the memory bus carries all; in a cluster no two processes share one, so it
// carries nothing.
Result<Bus> OpenBus(const Config& config, IoThreads& threads) {
  if (config.bus_kind == "pulsar") return OpenPulsar(config, threads);
  return Bus{bus::NewMemoryBus(), {}};
}

}  // namespace yap::app
