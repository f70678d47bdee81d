// api/head_sweeper.h: finds what the bus did not bring: asks every chat-service what it appended
// since, seldom in health and every second once anything looked suspect (docs/cluster.md,
// "Sweeps").
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>

#include "api/replicas.h"
#include "core/envelope.h"
#include "hub/hub.h"

namespace yap::api {

struct SweeperOptions {
  // There is no bus: every second, always.
  bool bus_silent = false;
};

struct SweeperPorts {
  Replicas& replicas;
  Clock& clock;
  asio::any_io_executor executor;  // Where it runs.
};

class HeadSweeper {
 public:
  virtual ~HeadSweeper() = default;  // As Stop().
  // Once. Goes on until Stop; ports and hub outlive the executor's last handler.
  virtual void Start(hub::Hub& hub) = 0;
  virtual void Stop() = 0;

  // What the bus brought: it is watched for what is missing. Any thread; cheap.
  virtual void Hear(const core::Envelope& envelope) = 0;
  // Something may have been lost: sweeps at once, and every second for a minute. Any thread.
  virtual void Alarm() = 0;
};

std::unique_ptr<HeadSweeper> NewHeadSweeper(SweeperPorts ports, SweeperOptions options);

}  // namespace yap::api
