// app/yapd/adapters.h: the tables name → factory: which store and which bus `config` means.
#pragma once

#include <memory>

#include "app/yapd/config.h"
#include "app/yapd/node.h"
#include "core/event_bus.h"
#include "store/store.h"

namespace yap::app {

Result<std::unique_ptr<store::Store>> OpenStore(const Config& config, const DataPaths& paths);
// `none` is a bus that nobody hears.
Result<std::unique_ptr<core::EventBus>> OpenBus(const Config& config);

}  // namespace yap::app
