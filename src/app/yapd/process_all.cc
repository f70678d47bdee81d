// Role all: edge → api → core → store, and bus → hub → edge, in one process.
#include <fmt/format.h>
#include <unistd.h>

#include "api/api.h"
#include "api/frame_encoder.h"
#include "app/yapd/admin_commands.h"
#include "app/yapd/admin_socket.h"
#include "app/yapd/front.h"
#include "app/yapd/process.h"
#include "app/yapd/upkeep.h"
#include "base/log.h"

namespace yap::app {
namespace {

class AllProcess final : public Process {
 public:
  AllProcess(const Config& config, const DataPaths& paths, std::unique_ptr<Node> node)
      : config_(config), paths_(paths), node_(std::move(node)) {}
  // The rooms above may go once no thread is in them.
  ~AllProcess() override { node_->Drain(); }

  Result<> Start() override {
    MakeHub();
    router_ = api::NewApi(api::ApiPorts{node_->accounts(), node_->channels(), *hub_, readiness_,
                                        SystemClock(),
                                        static_cast<std::size_t>(config_.limits_streams_per_user)});
    front_ =
        std::make_unique<Front>(config_, node_->threads(), *router_, readiness_,
                                FrontOptions{.after_pass = [this] { hub_->EndPass(); },
                                             .hub_stats = [this] { return hub_->GetStats(); }});
    YAP_TRY(admin_socket_, OpenNodeAdmin(config_, paths_, *node_));
    YAP_TRY_VOID(front_->OpenAdmin());
    YAP_TRY_VOID(Listen());
    Spawn(node_->threads().executor(0), SweepSessions(node_->accounts()));
    return {};
  }

  void Stop() override {
    front_->SayStopping({});
    hub_->Drain(kReconnectSpread);
    front_->Drain();
    admin_socket_.reset();
    node_->Drain();
    front_.reset();
    hub_.reset();
    node_->Close();
  }

  IoThreads& threads() override { return node_->threads(); }

  Result<> Reload() override {
    return config_.tls_cert_file.empty() ? Result<>{} : front_->ReloadCertificates();
  }

 private:
  void MakeHub() {
    hub::HubOptions options;
    options.heartbeat_interval = std::chrono::seconds(config_.hub_heartbeat_seconds);
    hub_ = hub::NewHub(hub::HubPorts{node_->store().log(), node_->bus(), *encoder_, SystemClock(),
                                     SystemRandom(), node_->threads().executors()},
                       options);
    node_->accounts().OnSessionsEnded(
        [this](const std::vector<core::SessionId>& ended) { hub_->EndSessions(ended); });
  }

  Result<> Listen() {
    YAP_TRY(const auto at, ParseHostPort(config_.server_listen));
    YAP_TRY(const std::uint16_t port, front_->Listen(ListenerOf(config_, at)));
    front_->SayReady();
    YAP_TRY_VOID(WritePortFile(config_.server_port_file, port));
    log::Info("serving", {{"address", at.host},
                          {"port", port},
                          {"tls", !config_.tls_cert_file.empty()},
                          {"data", paths_.directory.string()},
                          {"threads", node_->threads().size()}});
    if (::isatty(STDOUT_FILENO) != 0) {
      fmt::print(
          "yapd serves on {}:{}, data in {}. Next, in another terminal: yap register NAME, then "
          "yap "
          "chat lobby\n",
          at.host, port, paths_.directory.string());
    }
    return {};
  }

  const Config config_;
  const DataPaths paths_;
  api::Readiness readiness_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<hub::FrameEncoder> encoder_ = api::NewFrameEncoder();
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<edge::Router> router_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<AdminSocket> admin_socket_;
};

}  // namespace

std::unique_ptr<Process> NewAllProcess(const Config& config, const DataPaths& paths,
                                       std::unique_ptr<Node> node) {
  return std::make_unique<AllProcess>(config, paths, std::move(node));
}

}  // namespace yap::app
