#include "api/head_sweeper.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <string>

#include "api/ask.h"
#include "api/internal_convert.h"
#include "api/limits.h"
#include "base/guarded.h"
#include "base/metrics.h"
#include "hub/bus_watch.h"

namespace yap::api {
namespace {

namespace pb = yap::internal::v1;

struct Metrics {
  metrics::Counter sweeps =
      metrics::NewCounter("yap_sweeps_total", "Times that chat-services were asked for news.");
  metrics::Counter compared = metrics::NewCounter(
      "yap_sweeps_whole_total",
      "Sweeps that compared every watched head, since a chat-service had restarted or was away.");
  metrics::Counter alarms = metrics::NewCounter(
      "yap_sweep_alarms_total", "Times that the bus or a chat-service looked suspect.");
};
Metrics& Counters() {
  static Metrics metrics;
  return metrics;
}

MonoTime::duration Mono(Duration span) {
  return std::chrono::duration_cast<MonoTime::duration>(span);
}

class Sweeper final : public std::enable_shared_from_this<Sweeper> {
 public:
  Sweeper(SweeperPorts ports, SweeperOptions options)
      : ports_(std::move(ports)), options_(options), watch_(hub::BusWatch({})) {}

  void Start(hub::Hub& hub) {
    hub_ = &hub;
    Spawn(ports_.executor, Run(shared_from_this()));
  }
  void Stop() { stopped_ = true; }

  void Hear(const core::Envelope& envelope) {
    const MonoTime now = ports_.clock.Mono();
    watch_.With([&](hub::BusWatch& watch) { watch.Hear(envelope, now); });
  }
  void Alarm() { alarm_ = true; }

 private:
  // A token of each replica, by its target.
  struct Token {
    std::uint64_t life = 0;
    std::uint64_t position = 0;
  };

  static asio::awaitable<void> Run(std::shared_ptr<Sweeper> self) {
    MonoTime next = self->ports_.clock.Mono();
    while (!self->stopped_) {
      const MonoTime now = self->ports_.clock.Mono();
      if (self->Alarmed(now)) next = now;
      if (now >= next && self->left_ == 0) {
        self->Sweep();
        next = now + Mono(self->Interval(now));
      }
      co_await SleepFor(self->ports_.clock, kBusWatchInterval);
    }
  }

  // Whether something has just begun to look suspect.
  bool Alarmed(MonoTime now) {
    bool alarmed = alarm_.exchange(false);
    alarmed |= watch_.With([&](hub::BusWatch& watch) { return watch.Suspects(now); });
    if (!alarmed) return false;
    Counters().alarms.Add();
    alarmed_until_ = now + Mono(kSweepAlarm);
    return true;
  }

  Duration Interval(MonoTime now) const {
    const bool often = options_.bus_silent || now < alarmed_until_;
    return often ? Duration(kSweepIntervalAlarmed) : Duration(kSweepInterval);
  }

  // All replicas at once: one that does not answer must not hold up the others' news.
  void Sweep() {
    Counters().sweeps.Add();
    const auto replicas = ports_.replicas.All();
    whole_ = ForgetAllBut(replicas);
    left_ = replicas.size();
    for (const auto& replica : replicas) {
      Spawn(ports_.executor, SweepOne(shared_from_this(), replica));
    }
  }

  static asio::awaitable<void> SweepOne(std::shared_ptr<Sweeper> self, ReplicaPtr replica) {
    const Token token = self->tokens_[replica->target()];
    pb::HeadsSinceRequest request;
    request.set_life(token.life);
    request.set_position(token.position);
    Asked<pb::HeadsSinceResponse> answer = std::unexpected(UpstreamUnavailable());
    if (replica->alive()) {
      answer = co_await AskAt<pb::HeadsSinceResponse>(
          replica, "HeadsSince", std::move(request),
          Deadline::After(self->ports_.clock, kSweepTimeout));
    }
    if (!self->stopped_) self->Take(replica->target(), answer);
  }

  // Whoever does not answer may have appended something that only the heads tell.
  void Take(const std::string& target, const Asked<pb::HeadsSinceResponse>& answer) {
    whole_ |= !answer || answer->incomplete();
    tokens_[target] = answer ? Token{answer->life(), answer->position()} : Token{};
    if (answer) hub_->Learn(FromProto(*answer));
    if (--left_ > 0 || !whole_) return;
    Counters().compared.Add();
    hub_->CompareHeads();
  }

  // Whether there were any: a replica that has left took the news of its last appends with it.
  bool ForgetAllBut(const std::vector<ReplicaPtr>& replicas) {
    return std::erase_if(tokens_, [&](const auto& entry) {
             return std::ranges::none_of(replicas,
                                         [&](const auto& r) { return r->target() == entry.first; });
           }) > 0;
  }

  const SweeperPorts ports_;
  const SweeperOptions options_;
  hub::Hub* hub_ = nullptr;  // Constant once started.
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> alarm_ = false;
  Guarded<hub::BusWatch> watch_;

  // The executor's.
  MonoTime alarmed_until_;
  std::map<std::string, Token> tokens_;
  std::size_t left_ = 0;
  bool whole_ = false;
};

class SweeperHandle final : public HeadSweeper {
 public:
  SweeperHandle(SweeperPorts ports, SweeperOptions options)
      : sweeper_(std::make_shared<Sweeper>(std::move(ports), options)) {}
  ~SweeperHandle() override { sweeper_->Stop(); }
  void Start(hub::Hub& hub) override { sweeper_->Start(hub); }
  void Stop() override { sweeper_->Stop(); }
  void Hear(const core::Envelope& envelope) override { sweeper_->Hear(envelope); }
  void Alarm() override { sweeper_->Alarm(); }

 private:
  const std::shared_ptr<Sweeper> sweeper_;
};

}  // namespace

std::unique_ptr<HeadSweeper> NewHeadSweeper(SweeperPorts ports, SweeperOptions options) {
  return std::make_unique<SweeperHandle>(std::move(ports), options);
}

}  // namespace yap::api
