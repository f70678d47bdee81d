#include "bench/relay.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "bench/flight.h"
#include "bench/loop.h"
#include "bench/usage.h"

namespace yap::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How long nothing may happen while something is under way: a cluster's start of a channel is slow
// where its servers are cold.
constexpr auto kPatience = seconds(20);
// Messages of a channel that were acknowledged and not yet read: beyond it the sender waits.
constexpr std::size_t kUnreadMax = 16'384;

MonoTime Now() { return MonoTime::clock::now(); }
double InSeconds(Duration d) { return std::chrono::duration<double>(d).count(); }

// One channel: its sender and its reader.
struct Lane {
  Lane(std::unique_ptr<System> made, const RelayOptions& options)
      : system(std::move(made)),
        flight({.readers = 1,
                .in_flight_max = kUnreadMax,
                .message_bytes = options.message_bytes,
                .order = system->order()}),
        reader(flight, 0) {}

  std::size_t Unanswered() const { return flight.counts().sent - flight.counts().acknowledged; }
  bool Done() const { return flight.AllComplete() && Unanswered() == 0; }

  std::unique_ptr<System> system;
  Flight flight;
  Reader reader;
  SendingCodec* codec = nullptr;
  Connection* connection = nullptr;
};

struct Snapshot {
  MonoTime at;
  std::uint64_t acknowledged = 0;
  std::vector<Duration> cpu;
  Duration client_cpu{};
  Duration host_busy{};
};

class Relay {
 public:
  Relay(const RelayOptions& options, std::vector<std::unique_ptr<Lane>> lanes,
        std::unique_ptr<Loop> loop)
      : options_(options), lanes_(std::move(lanes)), loop_(std::move(loop)) {}

  Result<RelayReport> Run() {
    for (const auto& lane : lanes_) YAP_TRY_VOID(Open(*lane));
    YAP_TRY_VOID(SendFor(options_.warm_up));
    for (const auto& lane : lanes_) lane->flight.StartMeasuring();
    YAP_TRY(const Snapshot begin, Take());
    YAP_TRY_VOID(SendFor(options_.window));
    YAP_TRY(const Snapshot end, Take());
    for (const auto& lane : lanes_) lane->flight.StopMeasuring();
    YAP_TRY_VOID(WaitFor(
        [this] { return std::ranges::all_of(lanes_, [](auto& lane) { return lane->Done(); }); }));
    RelayReport report = ReportOf(begin, end);
    YAP_TRY_VOID(Judge(report));
    return report;
  }

 private:
  Result<> Open(Lane& lane) {
    if (auto preparing = lane.system->NewPreparation()) {
      YAP_TRY_VOID(Connect(options_.send_to, std::move(preparing)));
    }
    YAP_TRY_VOID(Connect(options_.read_from, lane.system->NewReader(lane.reader)));
    auto codec = lane.system->NewSender(lane.flight);
    lane.codec = codec.get();
    YAP_TRY(lane.connection, loop_->Connect(std::move(codec), options_.send_to));
    return WaitFor([&lane] { return lane.codec->Ready(); });
  }

  Result<> Connect(const sockaddr_in& server, std::unique_ptr<Codec> codec) {
    YAP_TRY(Connection* const connection, loop_->Connect(std::move(codec), server));
    return WaitFor([connection] { return connection->codec().Ready(); });
  }

  std::uint64_t Events() const {
    std::uint64_t events = 0;
    for (const auto& lane : lanes_) {
      events += lane->flight.counts().acknowledged + lane->flight.counts().deliveries;
    }
    return events;
  }

  Result<> WaitFor(const std::function<bool()>& done) {
    MonoTime end = Now() + kPatience;
    for (std::uint64_t before = Events(); !done();) {
      YAP_TRY_VOID(loop_->Turn(milliseconds(100)));
      if (std::exchange(before, Events()) != Events()) end = Now() + kPatience;
      if (Now() > end) return Fail(Stalled());
    }
    return {};
  }

  Result<> SendFor(Duration duration) {
    const MonoTime end = Now() + duration;
    MonoTime progress = Now();
    for (MonoTime now = progress; now < end; now = Now()) {
      for (const auto& lane : lanes_) YAP_TRY_VOID(Send(*lane, now));
      const std::uint64_t before = Events();
      YAP_TRY_VOID(loop_->Turn(std::min<Duration>(end - now, milliseconds(100))));
      if (Events() != before) progress = now;
      if (now - progress > kPatience) return Fail(Stalled());
    }
    return {};
  }

  Result<> Send(Lane& lane, MonoTime now) {
    const std::size_t free = options_.in_flight - std::min(options_.in_flight, lane.Unanswered());
    const std::size_t n = std::min({free, lane.flight.Room(), lane.codec->Room()});
    for (std::size_t i = 0; i < n; ++i) lane.codec->Send(lane.flight.BeginSend(now), now);
    if (n == 0) return {};
    return loop_->Flush(*lane.connection);
  }

  Error Stalled() const {
    return MakeError(Errc::kUnavailable, "STALLED",
                     fmt::format("nothing came for {} s on {} channels, after {} answers and "
                                 "deliveries",
                                 kPatience.count(), lanes_.size(), Events()));
  }

  Result<Snapshot> Take() const {
    Snapshot now;
    for (const WatchedProcess& process : options_.processes) {
      YAP_TRY(const auto usage, UsageOf(process.pid));
      now.cpu.push_back(usage.cpu);
    }
    YAP_TRY(const auto client, UsageOf(::getpid()));
    YAP_TRY(now.host_busy, BusyTimeOfHost());
    now.client_cpu = client.cpu;
    for (const auto& lane : lanes_) now.acknowledged += lane->flight.counts().acknowledged;
    now.at = Now();
    return now;
  }

  RelayReport ReportOf(const Snapshot& begin, const Snapshot& end) const {
    RelayReport report;
    report.seconds = InSeconds(end.at - begin.at);
    const auto messages = static_cast<double>(end.acknowledged - begin.acknowledged);
    const auto us_each = [messages](Duration d) { return InSeconds(d) * 1e6 / messages; };
    report.messages_per_second = messages / report.seconds;
    Duration ours = end.client_cpu - begin.client_cpu;
    report.client_cpu_us_per_message = us_each(ours);
    for (std::size_t i = 0; i < end.cpu.size(); ++i) {
      report.cpu_us_per_message.push_back(us_each(end.cpu[i] - begin.cpu[i]));
      ours += end.cpu[i] - begin.cpu[i];
    }
    report.other_cores =
        std::max(0.0, InSeconds(end.host_busy - begin.host_busy - ours)) / report.seconds;
    Histogram acks;
    Histogram deliveries;
    for (const auto& lane : lanes_) {
      acks.Add(lane->flight.ack_latencies());
      deliveries.Add(lane->flight.latencies());
    }
    report.ack_p50 = acks.Quantile(0.5);
    report.ack_p99 = acks.Quantile(0.99);
    report.delivery_p50 = deliveries.Quantile(0.5);
    report.delivery_p99 = deliveries.Quantile(0.99);
    return report;
  }

  Result<> Judge(RelayReport& report) {
    for (const auto& lane : lanes_) {
      const std::uint64_t sent = lane->flight.counts().sent;
      if (lane->reader.next() != sent) return Fail(lane->reader.OutOfOrder(sent));
      const checker::Verdict verdict = lane->flight.witness().Judge(sent);
      if (!verdict.Ok()) {
        return Fail(Errc::kCorruption, "HISTORY",
                    fmt::format("the checker found: {}; {}", verdict.Summary(),
                                fmt::join(verdict.findings, "; ")));
      }
      report.deliveries_checked += lane->flight.counts().deliveries;
    }
    return {};
  }

  const RelayOptions options_;
  const std::vector<std::unique_ptr<Lane>> lanes_;
  const std::unique_ptr<Loop> loop_;  // Last: its codecs refer to the lanes.
};

}  // namespace

Result<RelayReport> RunRelay(const std::function<std::unique_ptr<System>(std::size_t)>& system,
                             const RelayOptions& options) {
  if (options.channels == 0 || options.in_flight == 0 || options.message_bytes < kMessageBytesMin) {
    return Fail(
        Errc::kInvalidArgument, "USAGE",
        fmt::format("a relay needs a channel, a send in flight and {} bytes", kMessageBytesMin));
  }
  std::vector<std::unique_ptr<Lane>> lanes;
  for (std::size_t i = 0; i < options.channels; ++i) {
    lanes.push_back(std::make_unique<Lane>(system(i), options));
  }
  YAP_TRY(auto loop, Loop::New(options.send_to));
  return Relay(options, std::move(lanes), std::move(loop)).Run();
}

}  // namespace yap::bench
