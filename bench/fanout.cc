#include "bench/fanout.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "bench/flight.h"
#include "bench/loop.h"
#include "bench/usage.h"

namespace yap::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Connections whose greetings run at once: below every server's listen backlog.
constexpr std::size_t kConnectingMax = 64;
// How long a greeting may take, and how long nobody may receive anything while messages are in
// flight.
constexpr auto kPatience = seconds(10);
// What servers do after the last subscription (freeing buffers, first timers) is done by then.
constexpr auto kSettleTime = milliseconds(300);

MonoTime Now() { return MonoTime::clock::now(); }

struct Snapshot {
  MonoTime at;
  FlightCounts counts;
  Duration server_cpu{};
  Duration client_cpu{};
  Duration host_busy{};
};

class Fanout {
 public:
  Fanout(System& system, const FanoutOptions& options, std::unique_ptr<Loop> loop)
      : system_(system),
        options_(options),
        flight_({.readers = options.subscribers,
                 .in_flight_max = options.in_flight,
                 .message_bytes = options.message_bytes,
                 .order = system.order()}),
        loop_(std::move(loop)) {}

  Result<FanoutReport> Run() {
    YAP_TRY_VOID(Prepare());
    YAP_TRY(const auto alone, UsageOf(options_.server_pid));
    YAP_TRY_VOID(Subscribe());
    YAP_TRY_VOID(TurnFor(kSettleTime));
    YAP_TRY(const auto subscribed, UsageOf(options_.server_pid));
    YAP_TRY_VOID(ConnectSenders());
    YAP_TRY_VOID(SendFor(options_.warm_up));
    flight_.StartMeasuring();
    YAP_TRY(const Snapshot begin, Take());
    YAP_TRY_VOID(SendFor(options_.window));
    YAP_TRY(const Snapshot end, Take());
    flight_.StopMeasuring();
    YAP_TRY_VOID(WaitFor([this] { return flight_.AllComplete() && Acknowledged(); }));
    FanoutReport report = ReportOf(begin, end);
    report.resident_bytes_per_subscriber = (static_cast<double>(subscribed.resident_bytes) -
                                            static_cast<double>(alone.resident_bytes)) /
                                           static_cast<double>(options_.subscribers);
    YAP_TRY_VOID(Judge(report));
    return report;
  }

 private:
  Result<> Prepare() {
    auto codec = system_.NewPreparation();
    if (codec == nullptr) return {};
    YAP_TRY(Connection* const connection, loop_->Connect(std::move(codec)));
    return WaitFor([connection] { return connection->codec().Ready(); });
  }

  Result<> Subscribe() {
    std::vector<Connection*> greeting;
    for (std::size_t id = 0; id < options_.subscribers; ++id) {
      Reader& reader = readers_.emplace_back(flight_, id);
      YAP_TRY(Connection* const connection, loop_->Connect(system_.NewReader(reader)));
      greeting.push_back(connection);
      if (greeting.size() < kConnectingMax && id + 1 < options_.subscribers) continue;
      YAP_TRY_VOID(WaitForAll(greeting));
      greeting.clear();
    }
    return {};
  }

  Result<> ConnectSenders() {
    std::vector<Connection*> greeting;
    for (std::size_t i = 0; i < system_.SendersFor(options_.in_flight); ++i) {
      auto codec = system_.NewSender(flight_);
      Sender sender{.codec = codec.get()};
      YAP_TRY(sender.connection, loop_->Connect(std::move(codec)));
      senders_.push_back(sender);
      greeting.push_back(sender.connection);
    }
    return WaitForAll(greeting);
  }

  Result<> WaitForAll(const std::vector<Connection*>& connections) {
    return WaitFor([&connections] {
      return std::ranges::all_of(connections, [](auto* c) { return c->codec().Ready(); });
    });
  }

  // Turns until `done`; fails when nothing has been delivered for kPatience.
  Result<> WaitFor(const std::function<bool()>& done) {
    MonoTime end = Now() + kPatience;
    std::uint64_t deliveries = flight_.counts().deliveries;
    while (!done()) {
      YAP_TRY_VOID(loop_->Turn(milliseconds(100)));
      if (std::exchange(deliveries, flight_.counts().deliveries) != flight_.counts().deliveries) {
        end = Now() + kPatience;
      }
      if (Now() > end) return Fail(Stalled());
    }
    return {};
  }

  Result<> TurnFor(Duration duration) {
    for (const MonoTime end = Now() + duration; Now() < end;) {
      YAP_TRY_VOID(loop_->Turn(end - Now()));
    }
    return {};
  }

  Result<> SendFor(Duration duration) {
    const MonoTime end = Now() + duration;
    MonoTime progress = Now();
    for (MonoTime now = progress; now < end; now = Now()) {
      YAP_TRY_VOID(Send(now));
      const std::uint64_t before = flight_.counts().deliveries;
      YAP_TRY_VOID(loop_->Turn(std::min<Duration>(end - now, milliseconds(100))));
      if (flight_.counts().deliveries != before) progress = now;
      if (now - progress > kPatience) return Fail(Stalled());
    }
    return {};
  }

  // Fills what is free in flight, an equal share for each connection.
  Result<> Send(MonoTime now) {
    const std::size_t room = flight_.Room();
    if (room == 0) return {};
    const std::size_t share = (room + senders_.size() - 1) / senders_.size();
    for (const Sender& sender : senders_) {
      const std::size_t n = std::min({share, flight_.Room(), sender.codec->Room()});
      for (std::size_t i = 0; i < n; ++i) sender.codec->Send(flight_.BeginSend(now), now);
      if (n > 0) YAP_TRY_VOID(loop_->Flush(*sender.connection));
    }
    return {};
  }

  // NATS has no acknowledgements: then none is waited for.
  bool Acknowledged() const {
    const FlightCounts& counts = flight_.counts();
    return counts.acknowledged == 0 || counts.acknowledged == counts.sent;
  }

  Error Stalled() const {
    const FlightCounts& counts = flight_.counts();
    return MakeError(
        Errc::kUnavailable, "STALLED",
        fmt::format("nothing came for {} s: {} of {} subscribers are connected, {} messages are "
                    "sent, {} acknowledged, {} with every subscriber, and {} subscribers wait for "
                    "the next",
                    kPatience.count(), readers_.size(), options_.subscribers, counts.sent,
                    counts.acknowledged, flight_.complete(), flight_.Laggards()));
  }

  Result<Snapshot> Take() const {
    YAP_TRY(const auto server, UsageOf(options_.server_pid));
    YAP_TRY(const auto client, UsageOf(::getpid()));
    YAP_TRY(const auto busy, BusyTimeOfHost());
    return Snapshot{Now(), flight_.counts(), server.cpu, client.cpu, busy};
  }

  FanoutReport ReportOf(const Snapshot& begin, const Snapshot& end) const {
    const auto in_seconds = [](Duration d) { return std::chrono::duration<double>(d).count(); };
    const double elapsed = in_seconds(end.at - begin.at);
    const double server = in_seconds(end.server_cpu - begin.server_cpu);
    const double client = in_seconds(end.client_cpu - begin.client_cpu);
    const auto deliveries = static_cast<double>(end.counts.deliveries - begin.counts.deliveries);
    FanoutReport report;
    report.seconds = elapsed;
    report.deliveries_per_second = deliveries / elapsed;
    report.messages_per_second = static_cast<double>(end.counts.sent - begin.counts.sent) / elapsed;
    report.acknowledgements_per_second =
        static_cast<double>(end.counts.acknowledged - begin.counts.acknowledged) / elapsed;
    report.latency_p50 = flight_.latencies().Quantile(0.5);
    report.latency_p99 = flight_.latencies().Quantile(0.99);
    report.server_cpu_ns_per_delivery = deliveries > 0 ? server * 1e9 / deliveries : 0;
    report.client_cpu_ns_per_delivery = deliveries > 0 ? client * 1e9 / deliveries : 0;
    report.server_cores = server / elapsed;
    report.client_cores = client / elapsed;
    report.other_cores =
        std::max(0.0, in_seconds(end.host_busy - begin.host_busy) - server - client) / elapsed;
    report.deliveries_checked = flight_.counts().deliveries;
    return report;
  }

  // Order and density were checked as messages came; that none is missing, and the few whole
  // streams, now.
  Result<> Judge(FanoutReport& report) {
    const std::uint64_t sent = flight_.counts().sent;
    for (const Reader& reader : readers_) {
      if (reader.next() != sent) return Fail(reader.OutOfOrder(sent));
    }
    const checker::Verdict verdict = flight_.witness().Judge(sent);
    report.history = verdict.Summary();
    if (verdict.Ok()) return {};
    return Fail(Errc::kCorruption, "HISTORY",
                fmt::format("the checker found: {}; {}", report.history,
                            fmt::join(verdict.findings, "; ")));
  }

  struct Sender {
    SendingCodec* codec = nullptr;
    Connection* connection = nullptr;
  };

  System& system_;
  const FanoutOptions options_;
  Flight flight_;
  std::deque<Reader> readers_;  // Codecs refer to them.
  std::vector<Sender> senders_;
  std::unique_ptr<Loop> loop_;  // Last: its codecs refer to all above.
};

}  // namespace

Result<FanoutReport> RunFanout(System& system, const FanoutOptions& options) {
  if (options.subscribers == 0 || options.in_flight == 0 ||
      options.message_bytes < kMessageBytesMin) {
    return Fail(Errc::kInvalidArgument, "USAGE",
                fmt::format("a fanout needs a subscriber, a message in flight and {} bytes",
                            kMessageBytesMin));
  }
  YAP_TRY(auto loop, Loop::New(options.server));
  return Fanout(system, options, std::move(loop)).Run();
}

}  // namespace yap::bench
