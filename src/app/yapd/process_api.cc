// Role api: edge → api → chat-services, and bus → hub → edge. No store, no data.
#include "api/frame_encoder.h"
#include "api/gateway.h"
#include "app/yapd/adapters.h"
#include "app/yapd/cluster_proof.h"
#include "app/yapd/front.h"
#include "app/yapd/host_resolver.h"
#include "app/yapd/process.h"
#include "app/yapd/upkeep.h"
#include "base/log.h"

namespace yap::app {
namespace {

// How often a gateway that is not ready looks whether it is.
constexpr auto kReadyInterval = std::chrono::milliseconds(100);

class GatewayProcess final : public Process {
 public:
  explicit GatewayProcess(const Config& config)
      : config_(config), threads_(std::make_unique<IoThreads>(IoThreadsOf(config))) {}
  // The rooms may go once no thread is in them, and the threads once nothing answers to them.
  ~GatewayProcess() override {
    CloseBus(bus_, *threads_);
    threads_->Stop();
  }

  Result<> Start() override {
    YAP_TRY_VOID(MakeGateway());
    front_ = std::make_unique<Front>(
        config_, *threads_, gateway_->router(), readiness_,
        FrontOptions{.after_pass = [this] { gateway_->hub().EndPass(); },
                     .hub_stats = [this] { return gateway_->hub().GetStats(); },
                     .why_not_ready = [this] { return gateway_->WhyNotReady(); }});
    YAP_TRY_VOID(front_->OpenAdmin());
    YAP_TRY_VOID(Listen());
    gateway_->Start();
    Spawn(threads_->executor(0), BecomeReady());
    return {};
  }

  // A stopping gateway goes on to serve what its streams have left to read.
  void Stop() override {
    stopping_ = true;
    front_->SayStopping(std::chrono::seconds(config_.drain_notice_seconds));
    gateway_->hub().Drain(kReconnectSpread);
    front_->Drain();
    gateway_->Stop();
    CloseBus(bus_, *threads_);
    threads_->Stop();
    front_.reset();
    gateway_.reset();
    upstreams_.reset();
    bus_ = {};
  }

  IoThreads& threads() override { return *threads_; }

  // Those for clients, and the one that chat-services are shown.
  Result<> Reload() override {
    if (!config_.cluster_tls_cert_file.empty()) {
      YAP_TRY(auto proof, ProofOptionsOf(config_));
      upstreams_->Use(*std::move(proof.tls));
    }
    return config_.tls_cert_file.empty() ? Result<>{} : front_->ReloadCertificates();
  }

 private:
  Result<> MakeGateway() {
    YAP_TRY(auto proof, ProofOptionsOf(config_));
    upstreams_ = api::NewGrpcUpstreams(std::move(proof));
    resolver_ = NewHostResolver(threads_->executor(0));
    YAP_TRY(bus_, OpenBus(config_, *threads_));
    api::GatewayOptions options;
    options.replicas.services = config_.cluster_chat_services;
    options.hub.heartbeat_interval = std::chrono::seconds(config_.hub_heartbeat_seconds);
    options.streams_per_user_max = static_cast<std::size_t>(config_.limits_streams_per_user);
    options.bus_silent = config_.bus_kind == "none";
    gateway_ = api::NewGateway({*upstreams_, *resolver_, *bus_.port, *encoder_, readiness_,
                                SystemClock(), SystemRandom(), threads_->executors()},
                               std::move(options));
    return {};
  }

  Result<> Listen() {
    YAP_TRY(const auto at, ParseHostPort(config_.server_listen));
    YAP_TRY(const std::uint16_t port, front_->Listen(ListenerOf(config_, at)));
    YAP_TRY_VOID(WritePortFile(config_.server_port_file, port));
    log::Info("serving clients", {{"address", at.host},
                                  {"port", port},
                                  {"tls", !config_.tls_cert_file.empty()},
                                  {"threads", threads_->size()}});
    return {};
  }

  // Once: where all chat-services are lost, so are they for every other gateway, and a balancer
  // that takes this one out helps nobody.
  asio::awaitable<void> BecomeReady() {
    while (!gateway_->WhyNotReady().empty()) co_await SleepFor(SystemClock(), kReadyInterval);
    if (stopping_) co_return;
    front_->SayReady();
    if (stopping_) readiness_.Set(false);  // It began to stop at this very moment.
    log::Info("ready");
  }

  const Config config_;
  api::Readiness readiness_;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<IoThreads> threads_;
  std::unique_ptr<api::GrpcUpstreamFactory> upstreams_;
  std::unique_ptr<api::HostResolver> resolver_;
  Bus bus_;
  std::unique_ptr<hub::FrameEncoder> encoder_ = api::NewFrameEncoder();
  std::unique_ptr<api::Gateway> gateway_;
  std::unique_ptr<Front> front_;
};

}  // namespace

std::unique_ptr<Process> NewGatewayProcess(const Config& config) {
  return std::make_unique<GatewayProcess>(config);
}

}  // namespace yap::app
