// hub/env.h: what all parts of the hub share: the ports, the options, the counters.
#pragma once

#include <atomic>
#include <memory>

#include "base/metrics.h"
#include "hub/hub.h"

namespace yap::hub {

struct Metrics {
  metrics::Counter appended;
  metrics::Counter reads;
  metrics::Counter read_errors;
  metrics::Counter holes;
  metrics::Counter fell_off;
  metrics::Counter arrivals_dropped;
};
// The process's: hubs of one process count together.
Metrics& TheMetrics();

// Lives as long as anything of the hub, the ports longer. Any thread.
struct Env {
  Env(HubPorts hub_ports, HubOptions hub_options)
      : ports(std::move(hub_ports)), options(hub_options) {}

  const HubPorts ports;
  const HubOptions options;

  // Nothing new is started: the hub is gone.
  std::atomic<bool> stopped = false;
  std::atomic<std::size_t> rooms = 0;
  std::atomic<std::size_t> subscribers = 0;
  std::atomic<std::size_t> tail_bytes = 0;
  std::atomic<std::size_t> page_bytes = 0;

  std::size_t threads() const { return ports.executors.size(); }
  std::size_t HomeOf(core::ChannelId channel) const {
    return std::hash<core::ChannelId>()(channel) % threads();
  }
};

}  // namespace yap::hub
