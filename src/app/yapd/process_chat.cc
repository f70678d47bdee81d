// Role chat: edge (internal listener) → api → core → store, and → bus.
#include "api/api.h"
#include "api/identity.h"
#include "app/yapd/cluster_proof.h"
#include "app/yapd/front.h"
#include "app/yapd/process.h"
#include "app/yapd/upkeep.h"
#include "base/log.h"

namespace yap::app {
namespace {

class ChatProcess final : public Process {
 public:
  ChatProcess(const Config& config, const DataPaths& paths, std::unique_ptr<Node> node)
      : config_(config), paths_(paths), node_(std::move(node)) {}
  ~ChatProcess() override { node_->Drain(); }

  Result<> Start() override {
    YAP_TRY(auto trust, TrustOf(config_));
    router_ = api::NewChatApi(api::ChatApiPorts{node_->accounts(), node_->channels(), node_->log(),
                                                node_->journal(), readiness_, SystemClock()},
                              std::move(trust));
    front_ =
        std::make_unique<Front>(config_, node_->threads(), *router_, readiness_, FrontOptions{});
    YAP_TRY(admin_socket_, OpenNodeAdmin(config_, paths_, *node_));
    YAP_TRY_VOID(front_->OpenAdmin());
    YAP_TRY_VOID(Listen());
    auto executor = node_->threads().executor(0);
    Spawn(executor, SweepSessions(node_->accounts()));
    if (config_.bus_kind != "none") Spawn(executor, Beat(*node_));
    return {};
  }

  void Stop() override {
    front_->SayStopping(std::chrono::seconds(config_.drain_notice_seconds));
    front_->Drain();
    admin_socket_.reset();
    node_->Drain();
    front_.reset();
    node_->Close();
  }

  IoThreads& threads() override { return node_->threads(); }

  Result<> Reload() override {
    return config_.cluster_tls_cert_file.empty() ? Result<>{} : front_->ReloadCertificates();
  }

 private:
  Result<> Listen() {
    YAP_TRY(const auto at, ParseHostPort(config_.cluster_listen));
    YAP_TRY(const std::uint16_t port, front_->Listen(InternalListenerOf(config_, at)));
    front_->SayReady();
    YAP_TRY_VOID(WritePortFile(config_.cluster_port_file, port));
    log::Info("serving gateways", {{"address", at.host},
                                   {"port", port},
                                   {"tls", !config_.cluster_tls_cert_file.empty()},
                                   {"data", paths_.directory.string()},
                                   {"threads", node_->threads().size()}});
    return {};
  }

  const Config config_;
  const DataPaths paths_;
  api::Readiness readiness_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<edge::Router> router_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<AdminSocket> admin_socket_;
};

}  // namespace

std::unique_ptr<Process> NewChatProcess(const Config& config, const DataPaths& paths,
                                        std::unique_ptr<Node> node) {
  return std::make_unique<ChatProcess>(config, paths, std::move(node));
}

}  // namespace yap::app
