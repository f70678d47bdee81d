// bus/pulsar/internal/driver_link.h: the link to a real cluster, over drivers/pulsar.h.
#pragma once

#include <asio/any_io_executor.hpp>

#include "bus/pulsar/internal/link.h"
#include "bus/pulsar/pulsar_bus.h"

namespace yap::bus::pulsar {

// Makes connections whose callbacks come on `executor`. Uses the process's runtime of the drivers.
Connect ConnectDriver(const PulsarBusOptions& options, asio::any_io_executor executor);

}  // namespace yap::bus::pulsar
