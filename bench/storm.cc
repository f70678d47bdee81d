#include <algorithm>

#include "bench/metrics.h"
#include "bench/shapes.h"

namespace yap::bench {
namespace {

// Who comes back at once, below yapd's listen backlog: more would wait for the kernel's SYN timer.
constexpr std::size_t kComingMax = 1000;
// In which a server has noticed that all have gone.
constexpr auto kGoneTime = std::chrono::seconds(2);
constexpr auto kStoreReads = "yap_hub_page_reads_total";

class Storm {
 public:
  Storm(System& system, const YapTarget& target, const StormOptions& options, Meter& meter,
        Audience& audience, Loop& loop)
      : target_(target),
        options_(options),
        audience_(audience),
        loop_(loop),
        drive_(system, audience, meter, loop) {}

  Result<Report> Run() {
    YAP_TRY_VOID(drive_.Prepare(target_.server));
    YAP_TRY(const auto connections, drive_.OpenReaders(target_.server));
    YAP_TRY_VOID(drive_.OpenSenders(target_.server, 0, options_.channels));
    for (Connection* const connection : connections) loop_.Close(*connection);
    YAP_TRY_VOID(drive_.TurnFor(kGoneTime));
    const Pace pace{.in_flight = 1, .until = Pace::Until::kAcknowledged};
    YAP_TRY_VOID(drive_.SendCount(options_.channels * options_.missed, pace));
    YAP_TRY_VOID(drive_.AwaitAcknowledgements());
    Report report;
    YAP_TRY(report.measures, ComeBack());
    YAP_TRY(report.history, audience_.Judge());
    return report;
  }

 private:
  Result<Measures> ComeBack() {
    YAP_TRY(const double reads, ReadMetric(options_.metrics, kStoreReads));
    YAP_TRY(const Usage begin, UsageOf(target_.processes));
    YAP_TRY(const auto connections, drive_.OpenReaders(target_.server, kComingMax));
    YAP_TRY_VOID(drive_.Finish());
    YAP_TRY(const Usage end, UsageOf(target_.processes));
    YAP_TRY(const double reads_after, ReadMetric(options_.metrics, kStoreReads));
    const auto came = static_cast<double>(connections.size());
    Measures measures = {
        {"caught_up_seconds", InSeconds(end.at - begin.at)},
        {"store_reads_per_channel", (reads_after - reads) / static_cast<double>(options_.channels)},
        {"connect_cpu_us", InMicros(end.ServerCpu() - begin.ServerCpu()) / came}};
    std::ranges::move(CoresOf(begin, end), std::back_inserter(measures));
    return measures;
  }

  const YapTarget& target_;
  const StormOptions& options_;
  Audience& audience_;
  Loop& loop_;
  Drive drive_;
};

}  // namespace

Result<Report> RunStorm(YapSystem& system, const YapTarget& target, const StormOptions& options) {
  Meter meter;
  YAP_TRY(const auto audience,
          Audience::New(system, meter,
                        {.channels = options.channels,
                         .subscribers = options.subscribers,
                         .message_bytes = options.message_bytes,
                         .in_flight_max = static_cast<std::size_t>(options.missed)}));
  YAP_TRY(const auto loop, Loop::New());
  return Storm(system, target, options, meter, *audience, *loop).Run();
}

}  // namespace yap::bench
