// app/yapd/reachability.h: `check-config --connect`: what this process would need and cannot reach.
#pragma once

#include <vector>

#include "app/yapd/config.h"
#include "app/yapd/node.h"

namespace yap::app {

// One finding, an error, for each thing that cannot be reached or does not let us in; each names
// what, where, and why. Blocks for a few seconds at most. Changes nothing. REQUIRES: CheckConfig
// found no error.
std::vector<Finding> CheckReachable(const Config& config, const DataPaths& paths);

}  // namespace yap::app
