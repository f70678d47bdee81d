#include <algorithm>

#include "bench/shapes.h"

namespace yap::bench {
namespace {

// Below what a channel's sequencer queues.
constexpr std::size_t kFillInFlight = 400;
// The resident set is looked at so often while the log is read.
constexpr auto kLookInterval = std::chrono::milliseconds(20);

class Backlog {
 public:
  Backlog(YapSystem& system, const YapTarget& target, const BacklogOptions& options, Meter& meter,
          Audience& audience, Loop& loop)
      : system_(system),
        target_(target),
        options_(options),
        audience_(audience),
        drive_(system, audience, meter, loop) {}

  Result<Report> Run() {
    YAP_TRY_VOID(drive_.Prepare(target_.server));
    YAP_TRY(const double fill_seconds, Fill());
    YAP_TRY(const Usage begin, UsageOf(target_.processes));
    highest_bytes_ = begin.resident_bytes;
    drive_.SetChore([this] { return Look(); });
    YAP_TRY_VOID(Read());
    YAP_TRY(const Usage end, UsageOf(target_.processes));
    highest_bytes_ = std::max(highest_bytes_, end.resident_bytes);
    const auto events = static_cast<double>(options_.events);
    Report report{MeasuresOf(begin, end), {}};
    report.measures.emplace_back("fill_messages_per_second", events / fill_seconds);
    YAP_TRY(report.history, audience_.Judge());
    return report;
  }

 private:
  Result<double> Fill() {
    YAP_TRY_VOID(drive_.OpenSenders(target_.server, 0, kFillInFlight));
    const MonoTime begin = MonoTime::clock::now();
    const Pace pace{.in_flight = kFillInFlight, .until = Pace::Until::kAcknowledged};
    YAP_TRY_VOID(drive_.SendCount(options_.events, pace));
    YAP_TRY_VOID(drive_.AwaitAcknowledgements());
    return InSeconds(MonoTime::clock::now() - begin);
  }

  Result<> Read() {
    std::vector<std::unique_ptr<Codec>> codecs;
    codecs.push_back(options_.by == BacklogOptions::By::kPages
                         ? system_.NewPager(audience_.readers().front(), page_times_)
                         : audience_.NewReader(0));
    YAP_TRY_VOID(drive_.Open(std::move(codecs), target_.server));
    return drive_.Finish();
  }

  Result<> Look() {
    const MonoTime now = MonoTime::clock::now();
    if (now < next_look_) return {};
    next_look_ = now + kLookInterval;
    YAP_TRY(const Usage usage, UsageOf(target_.processes));
    highest_bytes_ = std::max(highest_bytes_, usage.resident_bytes);
    return {};
  }

  Measures MeasuresOf(const Usage& begin, const Usage& end) const {
    const auto events = static_cast<double>(options_.events);
    Measures measures = {
        {"events_per_second", events / InSeconds(end.at - begin.at)},
        {"server_cpu_ns_per_event", 1000 * InMicros(end.ServerCpu() - begin.ServerCpu()) / events},
        {"server_memory_bytes", static_cast<double>(highest_bytes_ - begin.resident_bytes)}};
    if (options_.by == BacklogOptions::By::kPages) {
      measures.emplace_back("page_p50_us", InMicros(page_times_.Quantile(0.5)));
      measures.emplace_back("page_p99_us", InMicros(page_times_.Quantile(0.99)));
    }
    std::ranges::move(CoresOf(begin, end), std::back_inserter(measures));
    return measures;
  }

  YapSystem& system_;
  const YapTarget& target_;
  const BacklogOptions& options_;
  Audience& audience_;
  Histogram page_times_;
  std::size_t highest_bytes_ = 0;
  MonoTime next_look_;
  Drive drive_;
};

}  // namespace

Result<Report> RunBacklog(YapSystem& system, const YapTarget& target,
                          const BacklogOptions& options) {
  Meter meter;
  YAP_TRY(const auto audience,
          Audience::New(system, meter,
                        {.subscribers = 1,
                         .message_bytes = options.message_bytes,
                         .in_flight_max = static_cast<std::size_t>(options.events)}));
  YAP_TRY(const auto loop, Loop::New());
  return Backlog(system, target, options, meter, *audience, *loop).Run();
}

}  // namespace yap::bench
