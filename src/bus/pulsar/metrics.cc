#include "bus/pulsar/internal/metrics.h"

#include <string>

namespace yap::bus::pulsar {

using metrics::NewCounter;
using metrics::NewGauge;

Metrics& BusMetrics() {
  static Metrics made{
      .confirmed = NewCounter("yap_bus_confirmed_total", "Envelopes the broker has confirmed"),
      .dropped = NewCounter("yap_bus_dropped_total",
                            "Envelopes not sent or not confirmed; their heads are told instead"),
      .heads_told = NewCounter("yap_bus_heads_told_total",
                               "Heads told instead of events, confirmed by the broker"),
      .heads_lost = NewCounter("yap_bus_heads_lost_total",
                               "Heads that found no room; sweeps find those channels"),
      .heads_waiting = NewGauge("yap_bus_heads_waiting", "Channels whose head is to be told"),
      .receipt = metrics::NewHistogram("yap_bus_receipt_seconds",
                                       "From sending an envelope to the broker's receipt", {},
                                       metrics::LatencyBounds()),
      .received = NewCounter("yap_bus_received_total", "Envelopes received and let in"),
      .connects = NewCounter("yap_bus_connects_total", "Connections to the broker made"),
      .producer_opens = NewCounter("yap_bus_producer_opens_total", "Producers opened"),
      .consumer_losses =
          NewCounter("yap_bus_consumer_losses_total", "Consumers that ended and were opened again"),
      .topics_publishing = NewGauge("yap_bus_topics_publishing", "Topics with a producer"),
      .topics_consuming = NewGauge("yap_bus_topics_consuming", "Topics with a consumer"),
  };
  return made;
}

metrics::Counter SendFailures(std::string_view reason) {
  return NewCounter("yap_bus_send_failures_total", "Envelopes that were not confirmed, by reason",
                    {{"reason", std::string(reason)}});
}

metrics::Counter Refused(Refusal refusal) {
  return NewCounter("yap_bus_refused_total", "Envelopes received that were not let in, by reason",
                    {{"reason", std::string(RefusalName(refusal))}});
}

}  // namespace yap::bus::pulsar
