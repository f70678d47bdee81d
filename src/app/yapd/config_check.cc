// What the values of a configuration mean together.
#include <fmt/format.h>

#include "app/yapd/config.h"

namespace yap::app {
namespace {

class Check {
 public:
  explicit Check(const Config& config) : config_(config) {}

  std::vector<Finding> Run() {
    Listen();
    Tls();
    Admin();
    Store();
    Hashing();
    for (Finding& finding : CheckCluster(config_)) findings_.push_back(std::move(finding));
    return std::move(findings_);
  }

 private:
  void Refuse(std::string text) { findings_.push_back({true, std::move(text)}); }
  void Warn(std::string text) { findings_.push_back({false, std::move(text)}); }

  // S1: what others can reach is encrypted, by us or by a proxy that is named.
  void Listen() {
    if (config_.role == "chat") return;  // Its one listener is the cluster's.
    const auto at = ParseHostPort(config_.server_listen);
    if (!at) return Refuse("server.listen: " + at.error().message);
    const bool encrypted =
        !config_.tls_cert_file.empty() || !config_.server_trusted_proxies.empty();
    if (IsLoopback(at->host) || encrypted) return;
    if (config_.server_insecure_i_know) {
      return Warn(
          fmt::format("{} is served without TLS: passwords and messages travel in the clear",
                      config_.server_listen));
    }
    Refuse(fmt::format(
        "{} can be reached by others, and there is no TLS. Set tls.cert_file and tls.key_file, or "
        "server.trusted_proxies where a proxy terminates TLS, or say --insecure-i-know",
        config_.server_listen));
  }

  void Tls() {
    if (config_.tls_cert_file.empty() != config_.tls_key_file.empty()) {
      Refuse("tls.cert_file and tls.key_file go together: one of them is missing");
    }
    if (!config_.tls_client_ca_file.empty() && config_.tls_cert_file.empty()) {
      Refuse("tls.client_ca_file needs tls.cert_file and tls.key_file");
    }
    if (config_.server_proxy_protocol && config_.server_trusted_proxies.empty()) {
      Refuse("server.proxy_protocol needs server.trusted_proxies: whoever may connect could lie");
    }
  }

  void Admin() {
    if (config_.admin_listen == "off") return;
    const auto at = ParseHostPort(config_.admin_listen);
    if (!at) return Refuse("admin.listen: " + at.error().message);
    if (!IsLoopback(at->host)) {
      Warn(fmt::format(
          "admin.listen {} shows metrics and health to whoever can reach it, in the clear",
          config_.admin_listen));
    }
  }

  void Store() {
    if (config_.role == "api") return;
    if (config_.store_kind == "memory") Warn("store.kind = memory: everything is lost at exit");
    if (config_.store_synchronous == "full") return;
    if (!config_.store_unsafe_normal_for_tests) {
      return Refuse(
          "store.synchronous = normal loses acknowledged messages at power loss; remove it, or set "
          "store.unsafe_normal_for_tests in a test");
    }
    Warn("store.synchronous = normal: acknowledged messages can be lost at power loss");
  }

  void Hashing() {
    if (config_.accounts_argon2_ops >= 2 && config_.accounts_argon2_memory_mib >= 19) return;
    if (!config_.accounts_weak_hashing_for_tests) {
      return Refuse(
          "argon2 below 2 passes or 19 MiB is too weak for passwords; raise accounts.argon2_ops "
          "and "
          "accounts.argon2_memory_mib, or set accounts.weak_hashing_for_tests in a test");
    }
    Warn("password hashing is weak: for tests only");
  }

  const Config& config_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> CheckConfig(const Config& config) { return Check(config).Run(); }

}  // namespace yap::app
