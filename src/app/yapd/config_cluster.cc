// What the keys of the cluster mean together.
#include <fmt/format.h>

#include "api/replicas.h"
#include "app/yapd/config.h"

namespace yap::app {
namespace {

// SIGTERM ends within 30 s, sequencers and store included.
constexpr std::int64_t kDrainSecondsMax = 25;

class Check {
 public:
  explicit Check(const Config& config) : config_(config) {}

  std::vector<Finding> Run() {
    if (config_.role == "all") {
      All();
      return std::move(findings_);
    }
    Bus();
    Proof();
    Drain();
    if (config_.role == "api") Services();
    if (config_.role == "chat") Listen();
    return std::move(findings_);
  }

 private:
  void Refuse(std::string text) { findings_.push_back({true, std::move(text)}); }
  void Warn(std::string text) { findings_.push_back({false, std::move(text)}); }
  bool HasTls() const { return !config_.cluster_tls_cert_file.empty(); }

  void All() {
    if (config_.bus_kind != "memory") {
      Refuse(fmt::format("bus.kind = {} is for a cluster; role all has everything in one process",
                         config_.bus_kind));
    }
    if (!config_.cluster_chat_services.empty()) {
      Warn("cluster.chat_services is for role api and does nothing here; is role missing?");
    }
  }

  void Bus() {
    if (config_.bus_kind != "memory") return;
    Refuse(
        fmt::format("bus.kind = memory does not leave the process; role {} needs another, or none",
                    config_.role));
  }

  void Proof() {
    const bool all =
        HasTls() && !config_.cluster_tls_key_file.empty() && !config_.cluster_tls_ca_file.empty();
    const bool any =
        HasTls() || !config_.cluster_tls_key_file.empty() || !config_.cluster_tls_ca_file.empty();
    if (any && !all) {
      Refuse("cluster.tls_cert_file, cluster.tls_key_file and cluster.tls_ca_file go together");
    }
    if (any && !config_.cluster_secret_file.empty()) {
      Refuse("cluster.secret_file and cluster.tls_* are two ways to prove the same: choose one");
    }
    if (!any && config_.cluster_secret_file.empty()) {
      Refuse(
          "gateways and chat-services must prove themselves to each other: set cluster.tls_*, or, "
          "on one machine, cluster.secret_file");
    }
    if (!config_.cluster_gateway_names.empty() && !any) {
      Refuse("cluster.gateway_names needs cluster.tls_*");
    }
  }

  void Drain() {
    if (config_.drain_seconds + config_.drain_notice_seconds <= kDrainSecondsMax) return;
    Refuse(
        fmt::format("drain.seconds + drain.notice_seconds may be {} at most: SIGTERM ends within "
                    "30 s",
                    kDrainSecondsMax));
  }

  void Services() {
    if (config_.cluster_chat_services.empty()) {
      Refuse("role api needs cluster.chat_services: where are the chat-services?");
    }
    for (const auto& service : config_.cluster_chat_services) {
      const auto parsed = api::ParseService(service);
      if (!parsed) {
        Refuse("cluster.chat_services: " + parsed.error().message);
      } else if (!HasTls() && !IsLoopback(parsed->host)) {
        Refuse(
            fmt::format("{} is not this machine, and there is no TLS: set cluster.tls_*", service));
      }
    }
  }

  void Listen() {
    const auto at = ParseHostPort(config_.cluster_listen);
    if (!at) return Refuse("cluster.listen: " + at.error().message);
    if (HasTls() || IsLoopback(at->host)) return;
    Refuse(fmt::format("{} can be reached by others, and there is no TLS: set cluster.tls_*",
                       config_.cluster_listen));
  }

  const Config& config_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckCluster(const Config& config) { return Check(config).Run(); }

}  // namespace yap::app
