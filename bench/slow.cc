#include <algorithm>
#include <array>
#include <optional>

#include "bench/shapes.h"

namespace yap::bench {
namespace {

// More than the room log of a channel keeps: windows begin with its memory grown.
constexpr std::uint64_t kWarmUpMessages = 1'500;
constexpr std::size_t kWarmUpInFlight = 64;
// Messages that wait for whoever stopped: all of a run of ten minutes.
constexpr std::size_t kUnreadMax = 65'536;
// How much a slow reader takes at a time.
constexpr std::size_t kSipBytes = 1024;

class Slow {
 public:
  Slow(System& system, const YapTarget& target, const SlowOptions& options, Meter& meter,
       Audience& audience, Loop& loop)
      : target_(target),
        options_(options),
        meter_(meter),
        audience_(audience),
        loop_(loop),
        drive_(system, audience, meter, loop) {}

  Result<Report> Run() {
    YAP_TRY_VOID(drive_.Prepare(target_.server));
    YAP_TRY(const auto connections, drive_.OpenReaders(target_.server));
    stopped_ = connections[0];
    slow_ = connections[1];
    for (const std::size_t id : {0, 1}) audience_.readers()[id].SetTiming(Timing::kUntimed);
    YAP_TRY_VOID(drive_.OpenSenders(target_.server, 0, kWarmUpInFlight));
    YAP_TRY_VOID(drive_.SendCount(kWarmUpMessages, {.in_flight = kWarmUpInFlight}));
    YAP_TRY_VOID(drive_.Finish());
    drive_.SetChore([this] { return Sip(); });
    YAP_TRY(const Usage begin, UsageOf(target_.processes));
    for (std::size_t i = 0; i < options_.alternations; ++i) YAP_TRY_VOID(Alternate());
    YAP_TRY(const Usage end, UsageOf(target_.processes));
    Report report{MeasuresOf(begin, end), {}};
    YAP_TRY(report.history, audience_.Judge());
    return report;
  }

 private:
  Result<> Alternate() {
    YAP_TRY(const std::size_t before, Window(alone_));
    YAP_TRY_VOID(drive_.Finish());
    YAP_TRY_VOID(loop_.Pause(*stopped_));
    YAP_TRY_VOID(loop_.Pause(*slow_));
    sips_from_ = MonoTime::clock::now();
    sipped_bytes_ = 0;
    YAP_TRY(const std::size_t beside, Window(beside_));
    sips_from_.reset();
    behind_ = audience_.flights().front().sent() - audience_.readers()[0].next();
    if (beside > before) grown_bytes_ = std::max(grown_bytes_, beside - before);
    YAP_TRY_VOID(loop_.Resume(*stopped_));
    YAP_TRY_VOID(loop_.Resume(*slow_));
    return drive_.Finish();
  }

  // Answers the resident set at its end.
  Result<std::size_t> Window(Histogram& latencies) {
    meter_.Clear();
    meter_.StartMeasuring();
    YAP_TRY_VOID(
        drive_.SendFor(options_.window, {.messages_per_second = options_.messages_per_second}));
    meter_.StopMeasuring();
    latencies.Add(meter_.latencies());
    YAP_TRY(const Usage usage, UsageOf(target_.processes));
    return usage.resident_bytes;
  }

  // The slow reader takes what it may have taken by now.
  Result<> Sip() {
    if (!sips_from_) return {};
    const double due = InSeconds(MonoTime::clock::now() - *sips_from_) *
                       static_cast<double>(options_.slow_bytes_per_second);
    for (; static_cast<double>(sipped_bytes_ + kSipBytes) <= due; sipped_bytes_ += kSipBytes) {
      YAP_TRY_VOID(loop_.Receive(*slow_, kSipBytes));
    }
    return {};
  }

  Measures MeasuresOf(const Usage& begin, const Usage& end) const {
    const double alone = InMicros(alone_.Quantile(0.99));
    const double beside = InMicros(beside_.Quantile(0.99));
    Measures measures = {
        {"p99_alone_us", alone},
        {"p99_beside_us", beside},
        {"p99_beside_to_alone", beside / alone},
        {"samples", static_cast<double>(std::min(alone_.Count(), beside_.Count()))},
        {"server_memory_bytes", static_cast<double>(grown_bytes_)},
        {"behind_messages", static_cast<double>(behind_)}};
    std::ranges::move(CoresOf(begin, end), std::back_inserter(measures));
    return measures;
  }

  const YapTarget& target_;
  const SlowOptions& options_;
  Meter& meter_;
  Audience& audience_;
  Loop& loop_;
  Connection* stopped_ = nullptr;
  Connection* slow_ = nullptr;
  std::optional<MonoTime> sips_from_;  // While the slow one is slow.
  std::size_t sipped_bytes_ = 0;
  Histogram alone_;
  Histogram beside_;
  std::size_t grown_bytes_ = 0;
  std::uint64_t behind_ = 0;
  Drive drive_;
};

}  // namespace

Result<Report> RunSlow(YapSystem& system, const YapTarget& target, const SlowOptions& options) {
  if (options.subscribers < 3) {
    return Fail(Errc::kInvalidArgument, "USAGE",
                "beside the two there has to be a third subscriber");
  }
  Meter meter;
  YAP_TRY(const auto audience, Audience::New(system, meter,
                                             {.subscribers = options.subscribers,
                                              .message_bytes = options.message_bytes,
                                              .in_flight_max = kUnreadMax}));
  YAP_TRY(const auto loop, Loop::New());
  return Slow(system, target, options, meter, *audience, *loop).Run();
}

}  // namespace yap::bench
