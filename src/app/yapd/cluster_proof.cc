#include "app/yapd/cluster_proof.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "crypto/secret_file.h"
#include "edge/tls.h"

namespace yap::app {
namespace {

Result<std::string> ReadPem(const std::string& path) {
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in && !text.empty()) return text;
  return Fail(Errc::kInvalidArgument, "CONFIG_INVALID",
              fmt::format("cannot read {}: it must be a readable PEM file", path));
}

}  // namespace

Result<api::PeerTrust> TrustOf(const Config& config) {
  if (config.cluster_secret_file.empty()) return api::PeerTrust{{}, config.cluster_gateway_names};
  YAP_TRY(Secret key, ReadOrCreateKeyFile(config.cluster_secret_file, SystemRandom()));
  return api::PeerTrust{std::move(key), {}};
}

edge::ListenerOptions InternalListenerOf(const Config& config, const HostPort& at) {
  edge::ListenerOptions listener;
  listener.address = at.host == "localhost" ? "127.0.0.1" : at.host;
  listener.port = at.port;
  listener.budgets = edge::Budgets::Internal();
  if (!config.cluster_tls_cert_file.empty()) {
    listener.tls = edge::TlsOptions{config.cluster_tls_cert_file, config.cluster_tls_key_file,
                                    config.cluster_tls_ca_file};
  }
  return listener;
}

Result<api::GrpcUpstreamOptions> ProofOptionsOf(const Config& config) {
  api::GrpcUpstreamOptions options;
  if (!config.cluster_secret_file.empty()) {
    YAP_TRY(options.key, ReadKeyFile(config.cluster_secret_file));
    return options;
  }
  // Here and not by the first connection, whose failure tells less.
  YAP_TRY(const auto loaded, edge::TlsContext::Load(*InternalListenerOf(config, HostPort{}).tls));
  api::UpstreamTls tls;
  YAP_TRY(tls.ca, ReadPem(config.cluster_tls_ca_file));
  YAP_TRY(tls.certificate, ReadPem(config.cluster_tls_cert_file));
  YAP_TRY(std::string key, ReadPem(config.cluster_tls_key_file));
  tls.key = Secret(std::move(key));
  options.tls = std::move(tls);
  return options;
}

}  // namespace yap::app
