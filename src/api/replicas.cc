#include "api/replicas.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "api/identity.h"
#include "api/limits.h"
#include "api/routing.h"
#include "base/check.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "grpc/health/v1/health.pb.h"

namespace yap::api {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

struct Metrics {
  metrics::Counter failed = metrics::NewCounter("yap_upstream_failed_total",
                                                "Calls to chat-services that nobody answered.");
  metrics::Counter retried = metrics::NewCounter(
      "yap_upstream_retried_total", "Idempotent calls tried again at another chat-service.");
  metrics::Counter lost =
      metrics::NewCounter("yap_upstream_lost_total", "Times a chat-service was lost.");
};
Metrics& Counters() {
  static Metrics metrics;
  return metrics;
}

class ReplicaImpl final : public Replica {
 public:
  ReplicaImpl(std::string target, std::shared_ptr<Upstream> upstream)
      : hash(RouteKey(target)), target_(std::move(target)), upstream_(std::move(upstream)) {}

  const std::string& target() const override { return target_; }
  bool alive() const override { return alive_; }
  asio::awaitable<UpstreamReply> Call(UpstreamCall call) override {
    return upstream_->Call(std::move(call));
  }

  // True where that is news.
  bool SetAlive(bool alive) { return alive_.exchange(alive) != alive; }

  const std::uint64_t hash;
  std::atomic<bool> watched = false;  // Somebody probes it.
  std::atomic<bool> gone = false;     // Not among the cluster's any more.

 private:
  const std::string target_;
  const std::shared_ptr<Upstream> upstream_;
  std::atomic<bool> alive_ = false;
};
using ReplicaImplPtr = std::shared_ptr<ReplicaImpl>;
using Set = std::vector<ReplicaImplPtr>;

// Whether it serves, which is more than that it answers.
asio::awaitable<UpstreamReply> AskHealth(ReplicaImplPtr replica, Deadline deadline) {
  HealthCheckRequest request;
  request.set_service("yap.v1.MessageService");
  co_return co_await replica->Call({.path = "/grpc.health.v1.Health/Check",
                                    .request = request.SerializeAsString(),
                                    .identity = {},
                                    .deadline = deadline});
}

// Whether it believes us: asks for no heads.
asio::awaitable<UpstreamReply> AskTrust(ReplicaImplPtr replica, Deadline deadline) {
  co_return co_await replica->Call({.path = "/yap.internal.v1.InternalService/Heads",
                                    .request = {},
                                    .identity = EncodeIdentity({}),
                                    .deadline = deadline});
}

bool Serves(const std::string& reply) {
  HealthCheckResponse response;
  return response.ParseFromString(reply) && response.status() == HealthCheckResponse::SERVING;
}

class ReplicasImpl final : public Replicas, public std::enable_shared_from_this<ReplicasImpl> {
 public:
  ReplicasImpl(ReplicasPorts ports, ReplicasOptions options)
      : ports_(std::move(ports)), set_(std::make_shared<const Set>()) {
    for (const auto& service : options.services) {
      auto parsed = ParseService(service);
      YAP_CHECK(parsed.has_value(), service);
      services_.push_back(*std::move(parsed));
    }
  }

  void Start(std::function<void()> changed) override {
    changed_ = std::move(changed);
    for (std::size_t i = 0; i < services_.size(); ++i) {
      if (services_[i].resolve) {
        Spawn(ports_.executor, KeepResolving(shared_from_this(), i));
      } else {
        Found(i, {services_[i].host});
      }
    }
  }

  void Stop() override { stopped_ = true; }

  asio::awaitable<UpstreamReply> Call(std::uint64_t key, bool idempotent,
                                      UpstreamCall call) override {
    const auto wanted = ByWeight(key);
    const std::size_t tries = std::min<std::size_t>(
        wanted.size(), idempotent ? static_cast<std::size_t>(kUpstreamTriesMax) : 1);
    UpstreamReply reply = std::unexpected(UpstreamUnavailable());
    for (std::size_t i = 0; i < tries; ++i) {
      if (i > 0) Counters().retried.Add();
      reply = co_await wanted[i]->Call(call);
      if (reply || reply.error().answered) co_return reply;
      Counters().failed.Add();
      if (reply.error().status.code != edge::Code::kUnavailable) co_return reply;
      Lost(wanted[i], "a call was not answered");
    }
    co_return reply;
  }

  std::vector<ReplicaPtr> All() const override {
    const auto set = Snapshot();
    return {set->begin(), set->end()};
  }

  bool AnyAlive() const override { return std::ranges::any_of(*Snapshot(), &Replica::alive); }

 private:
  std::shared_ptr<const Set> Snapshot() const {
    return set_.With([](const auto& set) { return set; });
  }

  Set ByWeight(std::uint64_t key) const {
    Set alive;
    std::ranges::copy_if(*Snapshot(), std::back_inserter(alive), &Replica::alive);
    std::ranges::sort(alive, std::ranges::greater{},
                      [key](const auto& r) { return RouteWeight(r->hash, key); });
    return alive;
  }

  // --- Where they are ---

  static asio::awaitable<void> KeepResolving(std::shared_ptr<ReplicasImpl> self, std::size_t i) {
    while (!self->stopped_) {
      const ServiceAddress service = self->services_[i];
      auto addresses = co_await self->ports_.resolver.Resolve(
          service.host, Deadline::After(self->ports_.clock, kResolveInterval));
      // An answer that is missing takes nothing away: what is known may go on.
      if (addresses) self->Found(i, *addresses);
      if (!addresses) {
        log::Warning("cannot resolve chat-services",
                     {{"name", service.host}, {"why", addresses.error().message}});
      }
      co_await SleepFor(self->ports_.clock, kResolveInterval);
    }
  }

  static std::string TargetOf(const std::string& address, const std::string& port) {
    const bool ipv6 = address.find(':') != std::string::npos;
    return ipv6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
  }

  // Those of one service as they are now; those of the others stay. On the executor, or before.
  void Found(std::size_t i, const std::vector<std::string>& addresses) {
    std::map<std::string, ReplicaImplPtr> now;
    for (const auto& address : addresses) {
      const std::string target = TargetOf(address, services_[i].port);
      const auto known = found_[i].find(target);
      now[target] = known != found_[i].end() ? known->second : Open(target, services_[i].host);
    }
    for (const auto& [target, replica] : found_[i]) {
      if (!now.contains(target)) replica->gone = true;
    }
    found_[i] = std::move(now);
    Publish();
  }

  ReplicaImplPtr Open(const std::string& target, const std::string& host) {
    return std::make_shared<ReplicaImpl>(target, ports_.upstreams.Open(target, host));
  }

  void Publish() {
    auto set = std::make_shared<Set>();
    for (const auto& [i, replicas] : found_) {
      for (const auto& [target, replica] : replicas) {
        if (set->size() < kReplicasMax) set->push_back(replica);
      }
    }
    set_.With([&](auto& current) { current = set; });
    for (const auto& replica : *set) {
      if (!replica->watched.exchange(true))
        Spawn(ports_.executor, Watch(shared_from_this(), replica));
    }
  }

  // --- Whether they live ---

  static asio::awaitable<void> Watch(std::shared_ptr<ReplicasImpl> self, ReplicaImplPtr replica) {
    int late = 0;
    MonoTime tell_at = self->ports_.clock.Mono() + kAbsenceToldAfter;
    while (!self->stopped_ && !replica->gone) {
      const auto [verdict, why] = co_await self->Probe(replica);
      late = verdict == Verdict::kLate ? late + 1 : 0;
      if (verdict == Verdict::kServes) self->Back(replica);
      if (verdict == Verdict::kNot || late >= kProbesLateMax) self->Lost(replica, why);
      self->TellAbsence(*replica, why, tell_at);
      const bool well = replica->alive() && late == 0;
      co_await SleepFor(self->ports_.clock,
                        well ? Duration(kProbeInterval) : Duration(kProbeIntervalLost));
    }
    self->Lost(replica, "no longer one of the cluster's");
  }

  // One that is not there for long is told now and then: a process that waits for it is silent
  // otherwise.
  void TellAbsence(const Replica& replica, const std::string& why, MonoTime& tell_at) {
    const MonoTime now = ports_.clock.Mono();
    if (replica.alive()) tell_at = now + kAbsenceToldAfter;
    if (replica.alive() || now < tell_at) return;
    tell_at = now + kAbsenceToldEvery;
    log::Warning("a chat-service cannot be used", {{"target", replica.target()}, {"why", why}});
  }

  enum class Verdict : std::uint8_t { kServes, kNot, kLate };
  struct Probed {
    Verdict verdict;
    std::string why = {};  // It does not serve.
  };

  asio::awaitable<Probed> Probe(ReplicaImplPtr replica) {
    const Deadline deadline = Deadline::After(ports_.clock, kProbeTimeout);
    auto health = co_await AskHealth(replica, deadline);
    if (health && !Serves(*health)) {
      co_return Probed{Verdict::kNot, "it is up, but not ready; look into its log"};
    }
    if (health && !replica->alive()) health = co_await AskTrust(replica, deadline);
    if (health) co_return Probed{Verdict::kServes};
    const UpstreamFailure& failure = health.error();
    const bool late = failure.status.code == edge::Code::kDeadlineExceeded;
    co_return Probed{late ? Verdict::kLate : Verdict::kNot,
                     failure.why.empty() ? failure.status.message : failure.why};
  }

  void Back(const ReplicaImplPtr& replica) {
    if (!replica->SetAlive(true)) return;
    log::Info("a chat-service is there", {{"target", replica->target()}});
    Tell();
  }

  void Lost(const ReplicaImplPtr& replica, std::string_view why) {
    if (!replica->SetAlive(false)) return;
    Counters().lost.Add();
    log::Warning("a chat-service is lost", {{"target", replica->target()}, {"why", why}});
    Tell();
  }

  void Tell() {
    asio::post(ports_.executor, [self = shared_from_this()] {
      if (!self->stopped_ && self->changed_) self->changed_();
    });
  }

  const ReplicasPorts ports_;
  std::vector<ServiceAddress> services_;
  std::function<void()> changed_;
  std::atomic<bool> stopped_ = false;

  Guarded<std::shared_ptr<const Set>> set_;

  // The executor's.
  std::map<std::size_t, std::map<std::string, ReplicaImplPtr>> found_;  // By service, then target.
};

std::unexpected<Error> BadService(std::string_view text) {
  return Fail(Errc::kInvalidArgument, "CONFIG_INVALID",
              fmt::format("'{}' is neither host:port nor dns:///name:port", text));
}

// Gives its owner a plain pointer, while its coroutines share it.
class ReplicasHandle final : public Replicas {
 public:
  explicit ReplicasHandle(std::shared_ptr<ReplicasImpl> impl) : impl_(std::move(impl)) {}
  ~ReplicasHandle() override { impl_->Stop(); }
  void Start(std::function<void()> changed) override { impl_->Start(std::move(changed)); }
  void Stop() override { impl_->Stop(); }
  asio::awaitable<UpstreamReply> Call(std::uint64_t key, bool idempotent,
                                      UpstreamCall call) override {
    return impl_->Call(key, idempotent, std::move(call));
  }
  std::vector<ReplicaPtr> All() const override { return impl_->All(); }
  bool AnyAlive() const override { return impl_->AnyAlive(); }

 private:
  const std::shared_ptr<ReplicasImpl> impl_;
};

}  // namespace

Result<ServiceAddress> ParseService(std::string_view text) {
  constexpr std::string_view kDns = "dns:///";
  ServiceAddress address;
  std::string_view rest = text;
  address.resolve = rest.starts_with(kDns);
  if (address.resolve) rest.remove_prefix(kDns.size());
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return BadService(text);
  address.host = rest.substr(0, colon);
  address.port = rest.substr(colon + 1);
  if (address.host.size() > 2 && address.host.front() == '[' && address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  const bool digits =
      !address.port.empty() && address.port.size() <= 5 &&
      std::ranges::all_of(address.port, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || address.host.find('/') != std::string::npos) return BadService(text);
  return address;
}

std::unique_ptr<Replicas> NewReplicas(ReplicasPorts ports, ReplicasOptions options) {
  return std::make_unique<ReplicasHandle>(
      std::make_shared<ReplicasImpl>(std::move(ports), std::move(options)));
}

}  // namespace yap::api
