#include "app/yapd/adapters.h"

#include "bus/memory/memory_bus.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace yap::app {

Result<std::unique_ptr<store::Store>> OpenStore(const Config& config, const DataPaths& paths) {
  if (config.store_kind == "memory") return store::OpenMemoryStore();
  store::SqliteOptions options{.path = paths.database};
  options.sync = config.store_synchronous == "normal" ? store::Sync::kNormal : store::Sync::kFull;
  return store::OpenSqliteStore(std::move(options));
}

// Within one process it carries all; in a cluster no two processes share one, so it carries
// nothing.
Result<std::unique_ptr<core::EventBus>> OpenBus(const Config&) { return bus::NewMemoryBus(); }

}  // namespace yap::app
