#include "api/gateway.h"

#include "api/ask.h"
#include "api/head_sweeper.h"
#include "api/limits.h"
#include "api/remote_identity.h"
#include "api/remote_log.h"
#include "api/revocation_follower.h"
#include "api/routing.h"
#include "core/id_cache.h"
#include "core/revocations.h"
#include "hub/flush_gate.h"
#include "yap/internal/v1/internal_service.pb.h"

namespace yap::api {
namespace {

namespace pb = yap::internal::v1;

class Forwarder {
 public:
  explicit Forwarder(Replicas& replicas) : replicas_(replicas) {}

  asio::awaitable<Answer<std::string>> Forward(std::string path, RouteRule rule, Caller caller,
                                               std::string request) {
    const std::uint64_t key = co_await KeyOf(rule, caller, request);
    UpstreamCall call{.path = std::move(path),
                      .request = std::move(request),
                      .identity = EncodeIdentity(caller),
                      .deadline = caller.deadline};
    auto reply = co_await replicas_.Call(key, rule.idempotent, std::move(call));
    if (!reply) co_return std::unexpected(std::move(reply).error().status);
    co_return *std::move(reply);
  }

 private:
  // `caller` and `request` outlive the coroutine.
  asio::awaitable<std::uint64_t> KeyOf(const RouteRule& rule, const Caller& caller,
                                       const std::string& request) {
    if (rule.by == RouteRule::By::kChannel) {
      if (const auto ref = ScanChannel(request)) co_return co_await KeyOf(*ref, caller.deadline);
    }
    if (rule.by == RouteRule::By::kUsername) {
      if (const auto name = ScanString(request, rule.username_field)) co_return RouteKey(*name);
    }
    co_return RouteKey(caller.who.user ? caller.who.username : request);
  }

  // By the id, under whatever name: two keys for one channel would make two replicas meet on it.
  asio::awaitable<std::uint64_t> KeyOf(core::ChannelRef ref, Deadline deadline) {
    if (const auto* id = std::get_if<core::ChannelId>(&ref)) co_return RouteKey(*id);
    const auto& name = std::get<std::string>(ref);
    if (replicas_.All().size() < 2) co_return 0;
    if (const auto id = names_.Find(name)) co_return RouteKey(*id);
    pb::ResolveChannelRequest request;
    request.mutable_channel()->set_name(name);
    const auto found = co_await Ask<pb::ResolveChannelResponse>(
        replicas_, RouteKey(name), "ResolveChannel", std::move(request), {}, deadline);
    if (!found) co_return RouteKey(name);
    const core::ChannelId id(found->channel_id());
    names_.Put(name, id);
    co_return RouteKey(id);
  }

  Replicas& replicas_;
  core::IdCache<std::string, core::ChannelId> names_{kRouteNamesMax};
};

// What the gateway serves, over what it is made of.
class GatewayRouter final : public ApiRouter {
 public:
  GatewayRouter(Replicas& replicas, TokenChecker& tokens, Clock& clock)
      : forwarder_(replicas), table_(NewTokenAdmission(tokens, clock)) {
    for (const std::string& path : AllYapMethods()) {
      if (!IsStreaming(path)) AddForward(path);
    }
    AddReflectionService(table_);
  }
  MethodTable& table() { return table_; }
  edge::Handler* Find(std::string_view path) override { return table_.Find(path); }

 private:
  void AddForward(const std::string& path) {
    table_.Forward(path, [this, path, rule = RuleOf(path)](Caller caller, std::string request) {
      return forwarder_.Forward(path, rule, std::move(caller), std::move(request));
    });
  }

  Forwarder forwarder_;
  MethodTable table_;
};

// The bus as the hub hears it; what watches for losses hears it, too.
class HeardBus final : public core::EventBus {
 public:
  HeardBus(core::EventBus& bus, HeadSweeper& sweeper, RevocationFollower& follower)
      : bus_(bus), sweeper_(sweeper), follower_(follower) {}

  void Publish(const core::Envelope& envelope) override { bus_.Publish(envelope); }
  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    return bus_.Subscribe([this, handler = std::move(handler)](const core::Envelope& envelope) {
      sweeper_.Hear(envelope);
      follower_.Hear(NewsOf(envelope));
      handler(envelope);
    });
  }

 private:
  // Of the system log: what a heartbeat tells, or an entry itself.
  static core::RevocationHead NewsOf(const core::Envelope& envelope) {
    if (envelope.events.empty() || envelope.events.front()->channel != core::kRevocationLog) {
      return envelope.revocations;
    }
    return {envelope.events.back()->seq, envelope.events.back()->epoch};
  }

  core::EventBus& bus_;
  HeadSweeper& sweeper_;
  RevocationFollower& follower_;
};

hub::HubOptions WithoutSweeps(hub::HubOptions options) {
  options.sweep_interval = Duration::max();
  return options;
}

// The hub comes last: it hears the bus, and so whoever listens with it must be there. Those that
// need the hub get it when they are started.
class GatewayImpl final : public Gateway {
 public:
  GatewayImpl(GatewayPorts ports, GatewayOptions options)
      : ports_(std::move(ports)),
        gate_(ports_.clock, kRevocationAgeMax),
        replicas_(NewReplicas({ports_.upstreams, ports_.resolver, ports_.clock, Main()},
                              options.replicas)),
        tokens_(NewRemoteTokenChecker(*replicas_, ports_.clock)),
        authority_(NewRemoteAuthority(*replicas_)),
        log_(NewRemoteLog(*replicas_, Main())),
        sweeper_(NewHeadSweeper({*replicas_, ports_.clock, Main()}, {options.bus_silent})),
        follower_(NewRevocationFollower(
            {*replicas_, *tokens_, gate_, ports_.clock, Main(), ports_.executors})),
        bus_(ports_.bus, *sweeper_, *follower_),
        hub_(hub::NewHub(
            {*log_, bus_, ports_.encoder, ports_.clock, ports_.random, ports_.executors, &gate_},
            WithoutSweeps(options.hub))),
        router_(*replicas_, *tokens_, ports_.clock) {
    AddSubscribe(router_.table(), {*authority_, *hub_, ports_.clock, options.streams_per_user_max});
    AddHealthService(router_.table(), ports_.readiness, ports_.clock);
  }
  ~GatewayImpl() override { Stop(); }

  void Start() override {
    sweeper_->Start(*hub_);
    follower_->Start(*hub_);
    replicas_->Start([this] {
      sweeper_->Alarm();
      follower_->Ask();
    });
  }
  void Stop() override {
    sweeper_->Stop();
    follower_->Stop();
    replicas_->Stop();
  }

  edge::Router& router() override { return router_; }
  hub::Hub& hub() override { return *hub_; }
  std::string_view WhyNotReady() const override {
    if (!replicas_->AnyAlive()) return "no chat-service can be used";
    return follower_->Ready() ? "" : "ended sessions are not known yet";
  }

 private:
  asio::any_io_executor Main() const { return ports_.executors.front(); }

  const GatewayPorts ports_;
  hub::FlushGate gate_;
  const std::unique_ptr<Replicas> replicas_;
  const std::unique_ptr<RemoteTokenChecker> tokens_;
  const std::unique_ptr<SubscribeAuthority> authority_;
  const std::unique_ptr<core::EventLog> log_;
  const std::unique_ptr<HeadSweeper> sweeper_;
  const std::unique_ptr<RevocationFollower> follower_;
  HeardBus bus_;
  const std::unique_ptr<hub::Hub> hub_;
  GatewayRouter router_;
};

}  // namespace

std::unique_ptr<Gateway> NewGateway(GatewayPorts ports, GatewayOptions options) {
  return std::make_unique<GatewayImpl>(std::move(ports), std::move(options));
}

}  // namespace yap::api
