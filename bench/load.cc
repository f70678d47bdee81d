#include "bench/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace yap::bench {
namespace {

// Messages of a channel that may wait for their readers where a load does not wait for these.
constexpr std::size_t kUnreadMax = 16'384;
// The same where they are read afterwards: 100,000 messages/s for 40 s.
constexpr std::size_t kStoredMax = 4'000'000;
// What servers do after the last subscription (freeing buffers, first timers) is done by then.
constexpr auto kSettleTime = std::chrono::milliseconds(300);

struct Moment {
  Usage usage;
  Counts counts;
};

class Load {
 public:
  Load(System& system, const LoadOptions& options, Meter& meter, Audience& audience, Loop& loop)
      : options_(options),
        meter_(meter),
        audience_(audience),
        drive_(system, audience, meter, loop) {}

  Result<Report> Run() {
    YAP_TRY_VOID(drive_.Prepare(options_.send_to));
    Report report;
    if (options_.readers == LoadOptions::Readers::kLive) {
      YAP_TRY(report.measures, Subscribe());
    }
    const std::size_t in_flight = std::min(options_.audience.channels * options_.pace.in_flight,
                                           options_.pace.in_flight_total);
    YAP_TRY_VOID(drive_.OpenSenders(options_.send_to, options_.senders, in_flight));
    YAP_TRY_VOID(drive_.SendFor(options_.warm_up, options_.pace));
    meter_.StartMeasuring();
    YAP_TRY(const Moment begin, Now());
    YAP_TRY_VOID(drive_.SendFor(options_.window, options_.pace));
    YAP_TRY(const Moment end, Now());
    meter_.StopMeasuring();
    if (options_.readers == LoadOptions::Readers::kAfterwards) {
      YAP_TRY_VOID(drive_.OpenReaders(options_.read_from));
    }
    YAP_TRY_VOID(drive_.Finish());
    std::ranges::move(MeasuresOf(begin, end), std::back_inserter(report.measures));
    YAP_TRY(report.history, audience_.Judge());
    return report;
  }

 private:
  Result<Measures> Subscribe() {
    YAP_TRY(const Usage alone, UsageOf(options_.servers));
    YAP_TRY(const auto connections, drive_.OpenReaders(options_.read_from));
    YAP_TRY(const Usage connected, UsageOf(options_.servers));
    YAP_TRY_VOID(drive_.TurnFor(kSettleTime));
    YAP_TRY(const Usage settled, UsageOf(options_.servers));
    const auto count = static_cast<double>(connections.size());
    const double grown =
        static_cast<double>(settled.resident_bytes) - static_cast<double>(alone.resident_bytes);
    return Measures{
        {"resident_bytes_per_subscriber", grown / count},
        {"connect_cpu_us", InMicros(connected.ServerCpu() - alone.ServerCpu()) / count}};
  }

  Result<Moment> Now() const {
    YAP_TRY(Usage usage, UsageOf(options_.servers));
    return Moment{std::move(usage), meter_.counts()};
  }

  Measures MeasuresOf(const Moment& begin, const Moment& end) const {
    const double seconds = InSeconds(end.usage.at - begin.usage.at);
    const auto deliveries = static_cast<double>(end.counts.deliveries - begin.counts.deliveries);
    const auto sent = static_cast<double>(end.counts.sent - begin.counts.sent);
    const auto acknowledged =
        static_cast<double>(end.counts.acknowledged - begin.counts.acknowledged);
    const auto us_per_delivery = [&](Duration cpu) {
      return deliveries > 0 ? InMicros(cpu) / deliveries : 0;
    };
    Measures measures = {{"deliveries_per_second", deliveries / seconds},
                         {"messages_per_second", sent / seconds},
                         {"acknowledgements_per_second", acknowledged / seconds},
                         {"latency_p50_us", InMicros(meter_.latencies().Quantile(0.5))},
                         {"latency_p99_us", InMicros(meter_.latencies().Quantile(0.99))},
                         {"ack_p50_us", InMicros(meter_.ack_latencies().Quantile(0.5))},
                         {"ack_p99_us", InMicros(meter_.ack_latencies().Quantile(0.99))},
                         {"server_cpu_ns_per_delivery",
                          1000 * us_per_delivery(end.usage.ServerCpu() - begin.usage.ServerCpu())},
                         {"client_cpu_ns_per_delivery",
                          1000 * us_per_delivery(end.usage.client_cpu - begin.usage.client_cpu)},
                         {"deliveries_checked", static_cast<double>(meter_.counts().deliveries)}};
    const auto add_cpu_per_message = [&](const std::string& name, Duration cpu) {
      measures.emplace_back("cpu_us_per_message." + name, sent > 0 ? InMicros(cpu) / sent : 0);
    };
    for (std::size_t i = 0; i < options_.servers.size(); ++i) {
      add_cpu_per_message(options_.servers[i].name, end.usage.cpu[i] - begin.usage.cpu[i]);
    }
    add_cpu_per_message("client", end.usage.client_cpu - begin.usage.client_cpu);
    std::ranges::move(CoresOf(begin.usage, end.usage), std::back_inserter(measures));
    return measures;
  }

  const LoadOptions& options_;
  Meter& meter_;
  Audience& audience_;
  Drive drive_;
};

std::size_t InFlightMax(const LoadOptions& options) {
  if (options.readers == LoadOptions::Readers::kAfterwards) return kStoredMax;
  const bool closed = options.pace.messages_per_second == 0;
  return closed && options.pace.until == Pace::Until::kRead ? options.pace.in_flight : kUnreadMax;
}

}  // namespace

Result<Report> RunLoad(System& system, const LoadOptions& options) {
  AudienceOptions audience = options.audience;
  audience.in_flight_max = InFlightMax(options);
  Meter meter;
  YAP_TRY(const auto people, Audience::New(system, meter, audience));
  std::optional<TlsClient> tls;
  if (!options.tls_ca_file.empty()) {
    YAP_TRY(tls, TlsClient::New(options.tls_ca_file));
  }
  YAP_TRY(const auto loop, Loop::New(std::move(tls)));  // After what its codecs refer to.
  return Load(system, options, meter, *people, *loop).Run();
}

}  // namespace yap::bench
