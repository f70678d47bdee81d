// app/yapd/serve.h: a running server, from first file to last byte.
#pragma once

#include "app/yapd/config.h"
#include "app/yapd/node.h"

namespace yap::app {

// Serves until SIGTERM or SIGINT, then drains (docs/architecture.md has the order). Exit status: 0,
// or 1 with one line on standard error. A second signal exits at once. SIGHUP reads certificates
// and the reloadable keys again through `reload`.
int Serve(const LoadedConfig& config, const DataPaths& paths,
          const std::function<Result<LoadedConfig>()>& reload);

}  // namespace yap::app
