// app/yapd/process_metrics.h: the series that are read when somebody asks: build, process, rooms.
#pragma once

#include "base/metrics.h"
#include "edge/server.h"
#include "hub/hub.h"

namespace yap::app {

void UpdateMetrics(const hub::Hub::Stats& hub, const edge::ServerStats& edge);

}  // namespace yap::app
