// The keys of a cluster's processes, and what they mean together.
#include <fmt/format.h>

#include "api/replicas.h"
#include "app/yapd/adapters.h"
#include "app/yapd/config.h"

namespace yap::app {
namespace {

// SIGTERM ends within 30 s, sequencers and store included.
constexpr std::int64_t kDrainSecondsMax = 25;

class Check {
 public:
  explicit Check(const Config& config) : config_(config) {}

  std::vector<Finding> Run() {
    if (config_.store_kind == "scylla" && config_.role != "api") Scylla();
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
      Refuse(
          fmt::format("bus.kind = {} is for a cluster: role all hears itself, and nobody asks for "
                      "what another bus loses; run a --role chat and a --role api instead "
                      "(docs/cluster.md)",
                      config_.bus_kind));
    }
    if (config_.store_kind == "scylla") {
      Warn(
          "role all hears of no event that another process writes to the same keyspace: it must be "
          "the only one there; for more run --role chat and --role api (docs/cluster.md)");
    }
    if (!config_.cluster_chat_services.empty()) {
      Warn("cluster.chat_services is for role api and does nothing here; is role missing?");
    }
  }

  void Scylla() {
    if (!WithCluster()) {
      Refuse(
          "this yapd was built without ScyllaDB; build it where cargo is (scripts/deps --cluster)");
    }
    if (config_.store_scylla_hosts.empty()) {
      Refuse("store.kind = scylla needs store.scylla.hosts: where is the cluster?");
    }
    if (config_.store_scylla_username.empty() != config_.store_scylla_password_file.empty()) {
      Refuse("store.scylla.username and store.scylla.password_file go together");
    }
    if (!config_.store_scylla_tls && !config_.store_scylla_ca_file.empty()) {
      Warn("store.scylla.ca_file does nothing without store.scylla.tls = true");
    }
  }

  void Pulsar() {
    if (!WithCluster()) {
      Refuse(
          "this yapd was built without Pulsar; build it where cargo is (scripts/deps --cluster)");
    }
    if (config_.bus_pulsar_url.empty()) {
      Refuse("bus.kind = pulsar needs bus.pulsar.url: where is the broker?");
    }
    if (config_.bus_pulsar_key_file.empty()) {
      Refuse(
          "bus.kind = pulsar needs bus.pulsar.key_file, 32 random bytes for all processes of the "
          "cluster (head -c 32 /dev/urandom > FILE; chmod 600 FILE)");
    }
  }

  void Bus() {
    if (config_.bus_kind == "pulsar") return Pulsar();
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
            fmt::format("cluster.chat_services: {} is not this machine, and there is no TLS: set "
                        "cluster.tls_*",
                        service));
      }
    }
  }

  void Listen() {
    const auto at = ParseHostPort(config_.cluster_listen);
    if (!at) return Refuse("cluster.listen: " + at.error().message);
    if (HasTls() || IsLoopback(at->host)) return;
    Refuse(
        fmt::format("cluster.listen = {} can be reached by others, and there is no TLS: set "
                    "cluster.tls_*",
                    config_.cluster_listen));
  }

  const Config& config_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Key> ClusterKeys() {
  return {
      {.name = "role",
       .field = &Config::role,
       .help = "What this process is: everything, a gateway of a cluster (api), or one of its "
               "chat-services (chat).",
       .choices = {"all", "api", "chat"}},
      {.name = "bus.kind",
       .field = &Config::bus_kind,
       .help =
           "How chat-services tell gateways of news: memory within one process, Pulsar, or none "
           "in a cluster where gateways ask every second.",
       .choices = {"memory", "pulsar", "none"}},
      {.name = "bus.topics",
       .field = &Config::bus_topics,
       .help = "Topics that channels are spread over; the same in every process of a cluster.",
       .min = 1,
       .max = 64},
      {.name = "cluster.listen",
       .field = &Config::cluster_listen,
       .help = "Role chat: address and port that gateways connect to; port 0 takes any free one."},
      {.name = "cluster.port_file",
       .field = &Config::cluster_port_file,
       .help = "Role chat: file that gets that port once it accepts; for scripts."},
      {.name = "cluster.chat_services",
       .field = &Config::cluster_chat_services,
       .help = "Role api: the chat-services, each host:port, or dns:///name:port for all addresses "
               "of a name."},
      {.name = "cluster.secret_file",
       .field = &Config::cluster_secret_file,
       .help = "32 random bytes that gateways and chat-services of one machine share; on loopback "
               "only. A chat-service makes the file where there is none."},
      {.name = "cluster.tls_cert_file",
       .field = &Config::cluster_tls_cert_file,
       .help = "PEM file with this process's certificate inside the cluster (mTLS)."},
      {.name = "cluster.tls_key_file",
       .field = &Config::cluster_tls_key_file,
       .help = "PEM file with that certificate's key."},
      {.name = "cluster.tls_ca_file",
       .field = &Config::cluster_tls_ca_file,
       .help = "PEM file of the CA that signs the cluster's certificates, and nothing else."},
      {.name = "cluster.gateway_names",
       .field = &Config::cluster_gateway_names,
       .help = "Role chat: names (DNS or URI) of gateways' certificates; empty: any that the CA "
               "signed."},
      {.name = "accounts.token_key_file",
       .field = &Config::accounts_token_key_file,
       .help = "32 random bytes that sign refresh tokens, the same for all chat-services of a "
               "cluster. Default: keys/token.key in the data directory, made at first start."},
      {.name = "drain.notice_seconds",
       .field = &Config::drain_notice_seconds,
       .help = "Roles api and chat: seconds between \"not ready\" and the end, for balancers and "
               "gateways to notice.",
       .min = 0,
       .max = 10},
  };
}

std::vector<Finding> CheckCluster(const Config& config) { return Check(config).Run(); }

}  // namespace yap::app
