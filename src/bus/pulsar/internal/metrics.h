// bus/pulsar/internal/metrics.h: what the bus tells of itself. docs/bus.md explains each.
#pragma once

#include <string_view>

#include "base/metrics.h"
#include "bus/pulsar/envelope_codec.h"

namespace yap::bus::pulsar {

struct Metrics {
  metrics::Counter confirmed;        // Envelopes with the broker's receipt.
  metrics::Counter dropped;          // Envelopes whose events were dropped.
  metrics::Counter heads_told;       // With receipt.
  metrics::Counter heads_lost;       // No room to remember them.
  metrics::Gauge heads_waiting;      // To be told.
  metrics::Histogram receipt;        // Seconds from sending to the receipt.
  metrics::Counter received;         // Envelopes that were let in.
  metrics::Counter connects;         // Connections made.
  metrics::Counter producer_opens;   // First opens included.
  metrics::Counter consumer_losses;  // Streams that ended.
  metrics::Gauge topics_publishing;  // With an open producer.
  metrics::Gauge topics_consuming;   // With a subscribed consumer.
};
// One for the process.
Metrics& BusMetrics();

metrics::Counter SendFailures(std::string_view reason);
metrics::Counter Refused(Refusal refusal);

}  // namespace yap::bus::pulsar
